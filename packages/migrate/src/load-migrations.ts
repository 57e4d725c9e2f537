import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MigrateError } from "./errors.ts";
import type { MigrationSet } from "./migration.ts";
import { dbmate } from "./source/dbmate.ts";
import { drizzleV0 } from "./source/drizzle-v0.ts";
import { drizzleV1 } from "./source/drizzle-v1.ts";
import { prisma } from "./source/prisma.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source/source.ts";

const sources: readonly MigrationSource[] = [drizzleV0, drizzleV1, prisma, dbmate];

/**
 * Reads a folder of migrations and finds out its format: those of drizzle-kit (before 1.0 and from there on),
 * Prisma Migrate and dbmate.
 *
 * @param dir A path (relative ones from the working directory) or a `file:` URL.
 * @throws {MigrateError} `DIR_INVALID` if the folder is missing, empty or broken; `SOURCE_UNSUPPORTED` if its format is not
 *   one that is read.
 * @example const { migrations } = await loadMigrations(new URL("../drizzle", import.meta.url));
 */
export async function loadMigrations(dir: string | URL, options: SourceOptions = {}): Promise<MigrationSet> {
  const folder = dir instanceof URL ? fileURLToPath(dir) : dir;
  const listing = await listFolder(folder);
  for (const source of sources) {
    if (await source.recognises(listing, folder)) return source.load(folder, options, listing);
  }
  if (listing.entries.some((entry) => /\.(?:sql|[cm]?[jt]s)$/u.test(entry))) {
    throw new MigrateError(
      `${folder} holds migrations of a format that is not read so far. Those of drizzle-kit, Prisma Migrate and dbmate (with ` +
        `"-- migrate:up") are.`,
      "SOURCE_UNSUPPORTED",
    );
  }
  throw new MigrateError(
    `${folder} is not a folder of migrations: it has neither meta/_journal.json nor folders with a migration.sql, as ` +
      `drizzle-kit ("drizzle-kit generate") and Prisma ("prisma migrate dev") write them, nor files of dbmate.`,
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
      `The folder ${folder} cannot be read. Give --dir the folder of migrations; for drizzle-kit that is "out" in ` +
        `drizzle.config.ts, for Prisma "prisma/migrations".`,
      "DIR_INVALID",
      { cause },
    );
  }
}
