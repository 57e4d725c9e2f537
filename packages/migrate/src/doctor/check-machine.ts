import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { isAtLeast, isInRange } from "./version-range.ts";
import { checkOf } from "./check.ts";
import type { Check } from "./check.ts";

interface Manifest {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

async function ownManifest(): Promise<Manifest> {
  return readManifest(new URL("../../package.json", import.meta.url));
}

async function readManifest(file: URL | string): Promise<Manifest> {
  return JSON.parse(await readFile(file, "utf8")) as Manifest;
}

/** The version of Node. */
export async function checkNode(version = process.versions.node): Promise<Check> {
  const { engines } = await ownManifest();
  const least = engines?.node?.replace(/^>=/u, "") ?? "0.0.0";
  if (isAtLeast(version, least)) return { name: "node", state: "ok", message: version };
  return {
    name: "node",
    state: "problem",
    message: `Node ${version} cannot run it`,
    cure: `Install Node ${least} or newer.`,
  };
}

/** The library that runs local files. */
export function checkEngine(engine: NonNullable<Config["engine"]>): Promise<Check> {
  return checkOf("engine", `Install its package anew, or take another one with --engine.`, async () => {
    const client = createClient({ url: ":memory:", engine });
    try {
      const { rows } = await client.execute("SELECT sqlite_version() AS version");
      return { state: "ok", message: `${engine}, SQLite ${String(rows[0]?.["version"])}` };
    } finally {
      client.close();
    }
  });
}

/** Optional packages that are installed, in versions that are not those that this one was tested with. */
export async function checkPeers(cwd: string): Promise<Check[]> {
  const { peerDependencies = {} } = await ownManifest();
  const checks: Check[] = [];
  for (const [name, range] of Object.entries(peerDependencies)) {
    const version = await installedVersion(name, cwd);
    if (version === undefined) continue;
    checks.push(
      isInRange(version, range)
        ? { name, state: "ok", message: version }
        : {
            name,
            state: "warning",
            message: `${version} is installed; ${range} is what works`,
            cure: `npm install ${name}@"${range}"`,
          },
    );
  }
  return checks;
}

async function installedVersion(name: string, cwd: string): Promise<string | undefined> {
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const manifest = await readManifest(path.join(folder, "node_modules", name, "package.json")).catch(() => undefined);
    if (manifest?.version !== undefined) return manifest.version;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** A tenant has its file, its log and its shared memory open, sometimes twice. */
const filesOfATenant = 6;
const otherFiles = 64;

/** How many files a process may have open. */
export async function checkOpenFiles(concurrency: number): Promise<Check> {
  const needed = concurrency * filesOfATenant + otherFiles;
  const limit = await openFileLimit();
  if (limit === undefined) return { name: "open files", state: "ok", message: "no limit is known here" };
  if (limit >= needed) return { name: "open files", state: "ok", message: `${limit} allowed, ${needed} needed` };
  return {
    name: "open files",
    state: "problem",
    message: `${limit} allowed, ${needed} needed for ${concurrency} tenants at once`,
    cure: `ulimit -n ${Math.max(4096, needed)}, or a lower --concurrency.`,
  };
}

async function openFileLimit(): Promise<number | undefined> {
  if (process.platform === "win32") return undefined;
  const { stdout } = await promisify(execFile)("sh", ["-c", "ulimit -n"]).catch(() => ({ stdout: "" }));
  const limit = Number(stdout.trim());
  return stdout.trim() === "" || Number.isNaN(limit) ? undefined : limit;
}
