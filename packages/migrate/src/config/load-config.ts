import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { MigrateError } from "../errors.ts";
import { configKeys } from "./config-keys.ts";
import type { MigrateConfig } from "./define-config.ts";
import { lendOwnPackages } from "./own-packages.ts";

/** The names under which a configuration is looked for, in this order. */
const fileNames = ["ts", "mts", "js", "mjs", "json"].map((extension) => `litefleet.config.${extension}`);

/** A configuration and where it stands. */
export class LoadedConfig {
  /** The folder that its relative paths start from. */
  readonly cwd: string;
  readonly values: MigrateConfig;

  constructor(cwd: string, values: MigrateConfig) {
    this.cwd = cwd;
    this.values = values;
  }
}

/**
 * Loads `file`, or else the `litefleet.config.*` of the working directory. TypeScript is loaded as Node does it, by taking the types out.
 *
 * @returns nothing if no file was named and there is none.
 * @throws {MigrateError} `CONFIG_INVALID` naming the file and what is wrong in it.
 */
export async function loadConfig(cwd: string, file?: string): Promise<LoadedConfig | undefined> {
  const found = file === undefined ? await findConfig(cwd) : path.resolve(cwd, file);
  if (found === undefined) return undefined;
  const values = path.extname(found) === ".json" ? await readJson(found) : await importDefault(found);
  return new LoadedConfig(path.dirname(found), checkConfig(values, found));
}

async function findConfig(cwd: string): Promise<string | undefined> {
  for (const name of fileNames) {
    const file = path.join(cwd, name);
    if (await isFile(file)) return file;
  }
  return undefined;
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function importDefault(file: string): Promise<unknown> {
  if (!(await isFile(file))) throw new MigrateError(`There is no configuration ${file}.`, "CONFIG_INVALID");
  const takeBack = lendOwnPackages();
  const module: unknown = await import(pathToFileURL(file).href)
    .catch((cause: unknown) => {
      throw unreadable(file, cause);
    })
    .finally(takeBack);
  if (typeof module === "object" && module !== null && "default" in module) return module.default;
  throw new MigrateError(`${file} has no default export. Write: export default defineConfig({ … })`, "CONFIG_INVALID");
}

function unreadable(file: string, cause: unknown): MigrateError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new MigrateError(`${file} cannot be loaded: ${text}`, "CONFIG_INVALID", { cause });
}

function checkConfig(values: unknown, file: string): MigrateConfig {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new MigrateError(`${file} must give an object, such as { dir, tenants }.`, "CONFIG_INVALID");
  }
  for (const [key, value] of Object.entries(values)) checkEntry(key, value, file);
  return values;
}

function checkEntry(key: string, value: unknown, file: string): void {
  const kinds = configKeys.get(key);
  if (kinds === undefined) {
    const known = [...configKeys.keys()].join(", ");
    throw new MigrateError(`${file}: there is no entry ${JSON.stringify(key)}. Known are ${known}.`, "CONFIG_INVALID");
  }
  const kind = Array.isArray(value) ? "list" : typeof value;
  if (value !== undefined && !kinds.some((known) => known === kind)) {
    throw new MigrateError(`${file}: ${key} must be ${kinds.join(" or ")}, got ${kind}.`, "CONFIG_INVALID");
  }
}
