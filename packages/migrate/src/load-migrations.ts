import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MigrateError } from "./errors.ts";
import type { MigrationSet } from "./migration.ts";
import { drizzleV0 } from "./source/drizzle-v0.ts";
import type { MigrationSource, SourceOptions } from "./source/source.ts";

const sources: readonly MigrationSource[] = [drizzleV0];

/**
 * Reads a folder of migrations and finds out its format: today those of drizzle-kit 0.x.
 *
 * @param dir A path (relative ones from the working directory) or a `file:` URL.
 * @throws {MigrateError} `DIR_INVALID` if the folder is missing, empty or broken; `SOURCE_UNSUPPORTED` if its format is not
 *   one that is read.
 * @example const { migrations } = await loadMigrations(new URL("../drizzle", import.meta.url));
 */
export async function loadMigrations(dir: string | URL, options: SourceOptions = {}): Promise<MigrationSet> {
  const folder = dir instanceof URL ? fileURLToPath(dir) : dir;
  const entries = await readFolder(folder);
  const source = sources.find((candidate) => candidate.recognises(entries));
  if (source !== undefined) return source.load(folder, options);
  const inner = await Promise.all(entries.map((entry) => readdir(path.join(folder, entry)).catch((): string[] => [])));
  if (inner.some((names) => names.includes("migration.sql"))) {
    throw new MigrateError(
      `${folder} holds a folder a migration, as drizzle-kit 1.0 and Prisma write them. Only folders of drizzle-kit 0.x ` +
        `(with meta/_journal.json) are read so far.`,
      "SOURCE_UNSUPPORTED",
    );
  }
  throw new MigrateError(
    `${folder} is not a folder of migrations: meta/_journal.json is missing. Give --dir the folder that drizzle-kit ` +
      `writes ("out" in drizzle.config.ts), or run "drizzle-kit generate" first.`,
    "DIR_INVALID",
  );
}

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new MigrateError(
      `The folder ${folder} cannot be read. Give --dir the folder that drizzle-kit writes ("out" in drizzle.config.ts).`,
      "DIR_INVALID",
      { cause },
    );
  }
}
