import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { main } from "../src/cli/main.ts";
import { scratchFolder } from "./scratch.ts";

/** What a command ended with. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's project with a schema, migrations and a configuration. */
export interface PrismaTestProject {
  readonly root: string;
  readonly migrations: string;
  readonly url: string;
  /** Writes `prisma/schema.prisma`: the datasource and these models. */
  readonly schema: (models: string) => Promise<void>;
  readonly readSchema: () => Promise<string>;
  /** The names of the folder's migrations, in order. */
  readonly names: () => Promise<string[]>;
  /** The texts of the folder's migrations by their names, in order. */
  readonly texts: () => Promise<Record<string, string>>;
  /** Adds a migration as somebody else would. */
  readonly add: (name: string, sql: string) => Promise<void>;
  /** Runs `litefleet-migrate prisma …` in this process. */
  readonly run: (...args: string[]) => Promise<Ran>;
  /** The same on a terminal, where a person answers. */
  readonly answer: (answers: boolean, ...args: string[]) => Promise<Ran>;
  /** Runs it with `--json` and gives what it printed; fails unless it ended with `code`. */
  readonly json: (code: number, ...args: string[]) => Promise<Record<string, unknown>>;
}

const datasource = 'datasource db {\n  provider = "sqlite"\n}\n';

/** Makes a project. `engine` and `token` are given to every command. */
export async function createProject(
  database: (root: string) => string,
  options: {
    readonly engine?: string;
    readonly token?: string;
    /** Whether Prisma is installed. Default true. */
    readonly packages?: boolean;
    /** More of the configuration. */
    readonly config?: object;
  } = {},
): Promise<PrismaTestProject> {
  const root = await scratchFolder();
  const url = database(root);
  const migrations = path.join(root, "prisma", "migrations");
  const file = path.join(root, "prisma", "schema.prisma");
  await mkdir(path.join(root, "prisma"));
  if (options.packages !== false) {
    await symlink(fileURLToPath(new URL("../node_modules", import.meta.url)), path.join(root, "node_modules"));
  }
  const config = path.join(root, "prisma.config.ts");
  const said = {
    schema: "prisma/schema.prisma",
    migrations: { path: "prisma/migrations" },
    datasource: { url },
    ...options.config,
  };
  await writeFile(config, `export default ${JSON.stringify(said)};\n`);
  await writeFile(file, datasource);
  const names = async (): Promise<string[]> =>
    (await readdir(migrations).catch(() => [])).filter((name) => !name.endsWith(".toml")).toSorted();
  const run = (confirm: ((question: string) => Promise<boolean>) | undefined, args: readonly string[]): Promise<Ran> =>
    runInProcess(
      ["prisma", ...args, "--config", config, "--engine", options.engine ?? "libsql"],
      options.token === undefined ? {} : { LIBSQL_AUTH_TOKEN: options.token },
      confirm,
    );
  return {
    root,
    migrations,
    url,
    schema: (models) => writeFile(file, `${datasource}\n${models}`),
    readSchema: () => readFile(file, "utf8"),
    names,
    texts: async () => {
      const texts: Record<string, string> = {};
      for (const name of await names()) {
        texts[name] = await readFile(path.join(migrations, name, "migration.sql"), "utf8");
      }
      return texts;
    },
    add: async (name, sql) => {
      await mkdir(path.join(migrations, name), { recursive: true });
      await writeFile(path.join(migrations, name, "migration.sql"), sql);
    },
    run: (...args) => run(undefined, args),
    answer: (answer, ...args) => run(async () => answer, args),
    json: async (code, ...args) => {
      const ran = await run(undefined, [...args, "--json"]);
      if (ran.code !== code) throw new Error(`Expected ${code}, got ${ran.code}:\n${ran.stdout}\n${ran.stderr}`);
      return JSON.parse(ran.stdout) as Record<string, unknown>;
    },
  };
}

/** Runs the command line in this process, which loads the engine's WebAssembly once for a whole file of tests. */
export async function runInProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  confirm?: (question: string) => Promise<boolean>,
): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  const output = (write: (text: string) => void): Parameters<typeof main>[1]["out"] => ({
    write,
    isTerminal: false,
    columns: 80,
    colors: pc.createColors(false),
  });
  const code = await main(argv, {
    out: output((text) => (stdout += text)),
    err: output((text) => (stderr += text)),
    env,
    ...(confirm !== undefined && { confirm }),
    onInterrupt: () => () => undefined,
  });
  return { code, stdout, stderr };
}
