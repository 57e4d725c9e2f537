import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { findPackage } from "./find-package.ts";

/** The packages of a user's project that the commands for Prisma stand on, by where they lie. */
export interface InstalledPrisma {
  /** The folder of `@prisma/schema-engine-wasm`. */
  readonly engine: string;
  /** The entry of `@litefleet/prisma-adapter`. */
  readonly adapter: string;
}

/**
 * Finds what is installed in the project at `root` and checks that the engine fits the installed Prisma: a schema that
 * `prisma generate` takes has to mean the same to the engine.
 *
 * The engine's versions carry the release that they were built for and a commit, `7.10.0-4.0edf323…`, and Prisma names the
 * one that it was released with in `@prisma/engines-version`. That one fits, and so does any of the same minor release.
 *
 * @throws {MigrateError} `PRISMA_MISSING` or `PRISMA_MISMATCH`, with the command that installs what is needed.
 */
export async function findPrisma(root: string): Promise<InstalledPrisma> {
  const from = path.join(root, "package.json");
  const prisma = await readPrismaVersion(from);
  if (prisma === undefined) {
    throw missing("prisma", root, "npm install --save-dev prisma@7 && npm install @prisma/client@7");
  }
  const wanted = await readWantedEngine(from);
  const engine = findPackage(engineName, from);
  if (engine === undefined) throw missing(engineName, root, installCommand(prisma, wanted));
  const version = await readVersion(engine);
  const fits = [prisma, wanted].some((other) => other !== undefined && minorOf(other) === minorOf(version));
  if (!fits || !prisma.startsWith("7.")) {
    throw new MigrateError(
      prisma.startsWith("7.")
        ? `${engineName} ${version} is not the engine of Prisma ${prisma}. Install the one that is: ${installCommand(prisma, wanted)}`
        : `Prisma ${prisma} is installed in ${root}, and these commands are for Prisma 7: npm install --save-dev prisma@7`,
      "PRISMA_MISMATCH",
    );
  }
  const adapter = findPackage(adapterName, from);
  if (adapter === undefined) throw missing(adapterName, root, `npm install ${adapterName}`);
  return { engine: path.dirname(engine), adapter: createRequire(adapter).resolve(adapterName) };
}

const engineName = "@prisma/schema-engine-wasm";
const adapterName = "@litefleet/prisma-adapter";

/** The command line's version; where only a client is installed, that one's. */
async function readPrismaVersion(from: string): Promise<string | undefined> {
  const manifest = findPackage("prisma", from) ?? findPackage("@prisma/client", from);
  return manifest === undefined ? undefined : readVersion(manifest);
}

/** The engine that Prisma was released with. It may not be on the registry. */
async function readWantedEngine(root: string): Promise<string | undefined> {
  let from: string | undefined = root;
  for (const name of ["prisma", "@prisma/engines", "@prisma/engines-version"]) {
    if (from !== undefined) from = findPackage(name, from);
  }
  return from === undefined ? undefined : readVersion(from);
}

async function readVersion(manifest: string): Promise<string> {
  const content: unknown = JSON.parse(await readFile(manifest, "utf8"));
  return typeof content === "object" && content !== null && "version" in content ? String(content.version) : "unknown";
}

/** `7.10` of `7.10.1`. */
function minorOf(version: string): string {
  return version.split(".", 2).join(".");
}

function installCommand(prisma: string, wanted: string | undefined): string {
  const any = `npm install --save-dev "${engineName}@~${minorOf(prisma)}.0-0"`;
  if (wanted === undefined) return any;
  return `npm install --save-dev ${engineName}@${wanted} (or, if the registry lacks that one, ${any})`;
}

function missing(name: string, root: string, command: string): MigrateError {
  return new MigrateError(
    `${name} is not installed in ${root}, and this command needs it: ${command}`,
    "PRISMA_MISSING",
  );
}
