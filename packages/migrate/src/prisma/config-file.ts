import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { MigrateError } from "../errors.ts";
import { findPackage } from "./find-package.ts";

/** What a `prisma.config.ts` says, with absolute paths. */
export interface PrismaConfig {
  /** The file; `undefined` if there is none. */
  readonly file: string | undefined;
  readonly schema?: string;
  readonly migrations?: string;
  readonly views?: string;
  readonly url?: string;
  readonly initShadowDb?: string;
  readonly externalTables: readonly string[];
  readonly externalEnums: readonly string[];
}

const extensions = [".js", ".ts", ".mjs", ".cjs", ".mts", ".cts"];

/**
 * Reads the configuration of Prisma's command line: `file`, or what lies in `cwd`. Prisma's own loader does it where it is
 * installed, so that what works there works here.
 *
 * @throws {MigrateError} `PRISMA_PROJECT_INVALID` if it cannot be read.
 */
export async function readPrismaConfig(cwd: string, file: string | undefined): Promise<PrismaConfig> {
  const found = file === undefined ? await findConfigFile(cwd) : path.resolve(cwd, file);
  if (found === undefined) return { file: undefined, externalTables: [], externalEnums: [] };
  if (!(await isFile(found))) {
    throw new MigrateError(`There is no configuration ${found}. Correct --config.`, "PRISMA_PROJECT_INVALID");
  }
  const config = await loadConfig(found);
  const at = (value: unknown): string | undefined => {
    return typeof value === "string" ? path.resolve(path.dirname(found), value) : undefined;
  };
  return {
    file: found,
    schema: at(property(config, "schema")),
    migrations: at(property(config, "migrations", "path")),
    views: at(property(config, "views", "path")),
    url: text(property(config, "datasource", "url")),
    initShadowDb: text(property(config, "migrations", "initShadowDb")),
    externalTables: list(property(config, "tables", "external")),
    externalEnums: list(property(config, "enums", "external")),
  };
}

async function findConfigFile(cwd: string): Promise<string | undefined> {
  for (const name of ["prisma.config", path.join(".config", "prisma")]) {
    for (const extension of extensions) {
      const file = path.join(cwd, `${name}${extension}`);
      if (await isFile(file)) return file;
    }
  }
  return undefined;
}

async function loadConfig(file: string): Promise<unknown> {
  try {
    const load = await findLoader(file);
    if (load === undefined) {
      const module: unknown = await import(pathToFileURL(file).href);
      return property(module, "default");
    }
    const result = await load({ configFile: file });
    const error = property(result, "error");
    if (error === undefined || error === null) return property(result, "config");
    throw notLoaded(file, property(error, "error") ?? error);
  } catch (cause) {
    throw cause instanceof MigrateError ? cause : notLoaded(file, cause);
  }
}

function notLoaded(file: string, cause: unknown): MigrateError {
  const reason = cause instanceof Error ? cause.message : JSON.stringify(cause);
  return new MigrateError(`${file} cannot be loaded: ${reason}`, "PRISMA_PROJECT_INVALID", { cause });
}

type Loader = (options: { readonly configFile: string }) => Promise<unknown>;

/** Prisma's loader of configurations, a dependency of its command line. */
async function findLoader(file: string): Promise<Loader | undefined> {
  const prisma = findPackage("prisma", file);
  if (prisma === undefined) return undefined;
  const entry = createRequire(prisma).resolve("@prisma/config");
  const module: unknown = await import(pathToFileURL(entry).href);
  return isLoader(module) ? module.loadConfigFromFile : undefined;
}

function isLoader(module: unknown): module is { readonly loadConfigFromFile: Loader } {
  return typeof property(module, "loadConfigFromFile") === "function";
}

/** What lies at a path of names in something that came from outside. */
function property(value: unknown, ...names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
