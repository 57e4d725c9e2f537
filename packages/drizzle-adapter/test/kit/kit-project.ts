import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const packageFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Which Drizzle a project has: 0.45 with drizzle-kit 0.31, or the release candidate of 1.0 of both. */
export type DrizzleVersion = "v0" | "v1";

const names = {
  v0: { kit: "drizzle-kit", orm: "drizzle-orm", entry: "@litefleet/drizzle-adapter" },
  v1: { kit: "drizzle-kit-v1", orm: "drizzle-orm-v1", entry: "@litefleet/drizzle-adapter/v1" },
} as const;

/** What a command of drizzle-kit wrote, and how it ended. */
export interface KitRun {
  readonly code: number;
  readonly output: string;
}

/** A project as a user of drizzle-kit has it, in a folder of its own. */
export interface KitProject extends AsyncDisposable {
  readonly folder: string;
  /** Runs a command of drizzle-kit on the database at `url`. */
  kit(url: string, ...args: string[]): Promise<KitRun>;
  /** Starts Drizzle Studio's server; its URL, once it answers. */
  studio(url: string): Promise<string>;
  /** The text of the one file in the project's output folder whose path ends so. */
  written(ending: string): Promise<string>;
}

/** The configuration that the README gives. */
async function readConfig(): Promise<string> {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const config = [...readme.matchAll(/```ts\n(.*?)```/gs)].find(([, code]) => code?.includes("defineConfig"))?.[1];
  if (config === undefined) throw new Error("The README has no drizzle.config.ts");
  return config;
}

/** Makes a project with drizzle-kit, drizzle-orm, the adapter, and the configuration that the README gives. */
export async function makeProject(version: DrizzleVersion, schema: string): Promise<KitProject> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-kit-"));
  const { kit, orm, entry } = names[version];
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@litefleet"), { recursive: true });
  await symlink(packageFolder, join(modules, "@litefleet/drizzle-adapter"));
  await symlink(await installed("@libsql/client"), await placeFor(modules, "@libsql/client"));
  await symlink(await installed(orm), join(modules, "drizzle-orm"));
  // A copy, whose imports are found here: what drizzle-orm is differs from one project to the other.
  const kitFolder = await installed(kit);
  await cp(kitFolder, join(modules, "drizzle-kit"), { recursive: true });
  await linkDependencies(dirname(kitFolder), modules);
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "schema.ts"), schema.replaceAll("@litefleet/drizzle-adapter", entry));
  await writeFile(join(folder, "drizzle.config.ts"), await readConfig());
  const bin = join(modules, "drizzle-kit/bin.cjs");
  const servers: ChildProcess[] = [];
  return {
    folder,
    async kit(url, ...args) {
      const env = { ...process.env, NO_COLOR: "1", DATABASE_URL: url };
      const ended = run(process.execPath, [bin, ...args], { cwd: folder, env, timeout: 60_000 });
      ended.child.stdin?.end();
      try {
        const { stdout, stderr } = await ended;
        return { code: 0, output: stdout + stderr };
      } catch (error) {
        const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
        return { code: code ?? 1, output: stdout + stderr };
      }
    },
    async studio(url) {
      const port = await freePort();
      const env = { ...process.env, NO_COLOR: "1", DATABASE_URL: url };
      const server = spawn(process.execPath, [bin, "studio", "--port", String(port), "--host", "127.0.0.1"], {
        cwd: folder,
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.stdout.on("data", (data: Buffer) => {
          if (data.toString().includes("up and running")) resolve();
        });
        server.on("exit", () => reject(new Error("Drizzle Studio did not start")));
      });
      return `http://127.0.0.1:${port}/`;
    },
    async written(ending) {
      const files = await readdir(join(folder, "drizzle"), { recursive: true });
      const found = files.filter((file) => file.endsWith(ending));
      if (found.length !== 1) throw new Error(`Expected one file ${ending}, found ${found.join(", ")}`);
      return readFile(join(folder, "drizzle", found[0]!), "utf8");
    },
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function installed(name: string): Promise<string> {
  return realpath(join(packageFolder, "node_modules", name));
}

async function placeFor(modules: string, name: string): Promise<string> {
  await mkdir(dirname(join(modules, name)), { recursive: true });
  return join(modules, name);
}

/** Links what lies beside a package in pnpm's store: its dependencies. */
async function linkDependencies(store: string, modules: string): Promise<void> {
  for (const name of await readdir(store)) {
    const inner = name.startsWith("@") ? (await readdir(join(store, name))).map((each) => `${name}/${each}`) : [name];
    for (const each of inner) {
      await symlink(await realpath(join(store, each)), await placeFor(modules, each)).catch((error: unknown) => {
        // drizzle-kit and drizzle-orm are there already.
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      });
    }
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("No port"));
        else resolve(address.port);
      });
    });
  });
}
