import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MigrateError } from "./errors.ts";
import type { MigrationSet } from "./migration.ts";
import { drizzleV0 } from "./source/drizzle-v0.ts";
import { drizzleV1 } from "./source/drizzle-v1.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source/source.ts";

const sources: readonly MigrationSource[] = [drizzleV0, drizzleV1];

/**
 * Reads a folder of migrations and finds out its format: those of drizzle-kit, before 1.0 and from there on.
 *
 * @param dir A path (relative ones from the working directory) or a `file:` URL.
 * @throws {MigrateError} `DIR_INVALID` if the folder is missing, empty or broken; `SOURCE_UNSUPPORTED` if its format is not
 *   one that is read.
 * @example const { migrations } = await loadMigrations(new URL("../drizzle", import.meta.url));
 */
export async function loadMigrations(dir: string | URL, options: SourceOptions = {}): Promise<MigrationSet> {
  const folder = dir instanceof URL ? fileURLToPath(dir) : dir;
  const listing = await listFolder(folder);
  const source = sources.find((candidate) => candidate.recognises(listing));
  if (source !== undefined) return source.load(folder, options, listing);
  if (listing.inner.values().some((names) => names.includes("migration.sql"))) {
    throw new MigrateError(
      `${folder} holds a folder a migration without a snapshot.json, as Prisma writes them. Only folders of drizzle-kit are ` +
        `read so far.`,
      "SOURCE_UNSUPPORTED",
    );
  }
  throw new MigrateError(
    `${folder} is not a folder of migrations: it has neither meta/_journal.json nor folders with a migration.sql. Give ` +
      `--dir the folder that drizzle-kit writes ("out" in drizzle.config.ts), or run "drizzle-kit generate" first.`,
    "DIR_INVALID",
  );
}

async function listFolder(folder: string): Promise<FolderListing> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const inner = new Map<string, readonly string[]>();
    for (const entry of entries) {
      if (!entry.isFile()) inner.set(entry.name, await readdir(path.join(folder, entry.name)).catch(() => []));
    }
    return { entries: entries.map((entry) => entry.name), inner };
  } catch (cause) {
    throw new MigrateError(
      `The folder ${folder} cannot be read. Give --dir the folder that drizzle-kit writes ("out" in drizzle.config.ts).`,
      "DIR_INVALID",
      { cause },
    );
  }
}
