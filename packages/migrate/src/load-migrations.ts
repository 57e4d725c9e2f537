import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { MigrateError } from "./errors.ts";
import type { MigrationSet, SourceName } from "./migration.ts";
import { dbmate } from "./source/dbmate.ts";
import { drizzleV0 } from "./source/drizzle-v0.ts";
import { drizzleV1 } from "./source/drizzle-v1.ts";
import { flyway } from "./source/flyway.ts";
import { golangMigrate } from "./source/golang-migrate.ts";
import { goose } from "./source/goose.ts";
import { kysely } from "./source/kysely.ts";
import { d1, numbered } from "./source/numbered.ts";
import { readUnlessKnown } from "./set-cache.ts";
import { prisma } from "./source/prisma.ts";
import { allowedSources, sourceChoices } from "./source/source.ts";
import type { FolderListing, MigrationSource, SourceChoice, SourceOptions } from "./source/source.ts";

/** In the order in which they are tried: what is told by less comes later. */
const sources: readonly MigrationSource[] = [
  drizzleV0,
  drizzleV1,
  prisma,
  flyway,
  golangMigrate,
  dbmate,
  goose,
  kysely,
  d1,
  numbered,
];

/**
 * Reads a folder of migrations and finds out its format, unless `source` says it: those of drizzle-kit (before 1.0 and from
 * there on), Prisma Migrate, Kysely, dbmate, goose, golang-migrate, Flyway and D1, and numbered SQL files of no tool.
 *
 * A folder that has not changed since is not read again.
 *
 * @param dir A path (relative ones from the working directory) or a `file:` URL.
 * @throws {MigrateError} `DIR_INVALID` if the folder is missing, empty or broken; `SOURCE_UNSUPPORTED` if its format is not
 *   one that is read, or not the one that `source` says.
 * @throws {RangeError} for an unknown `source`.
 * @example const { migrations } = await loadMigrations(new URL("../drizzle", import.meta.url));
 */
export async function loadMigrations(dir: string | URL, options: SourceOptions = {}): Promise<MigrationSet> {
  const { source: choice = "auto" } = options;
  if (!sourceChoices.includes(choice)) {
    throw new RangeError(`Expected source as one of ${sourceChoices.join(", ")}, got ${JSON.stringify(choice)}`);
  }
  const folder = dir instanceof URL ? fileURLToPath(dir) : dir;
  const key = JSON.stringify([choice, options.ledgerTable]);
  return readUnlessKnown(folder, key, () => readFolder(folder, choice, options));
}

/**
 * The format of a folder, without reading its migrations; `undefined` for a folder that is not there, is empty or is of no
 * format that is read.
 */
export async function recogniseFolder(folder: string, choice: SourceChoice = "auto"): Promise<SourceName | undefined> {
  const listing = await listFolder(folder).catch(() => undefined);
  return listing && (await findSource(listing, folder, choice))?.name;
}

async function findSource(
  listing: FolderListing,
  folder: string,
  choice: SourceChoice,
): Promise<MigrationSource | undefined> {
  const allowed = allowedSources(choice);
  for (const source of sources) {
    if (!allowed.has(source.name)) continue;
    const isNamed = choice === source.name && source.couldBe?.(listing) === true;
    if (isNamed || (await source.recognises(listing, folder))) return source;
  }
}

async function readFolder(folder: string, choice: SourceChoice, options: SourceOptions): Promise<MigrationSet> {
  const listing = await listFolder(folder);
  const source = await findSource(listing, folder, choice);
  if (source !== undefined) return source.load(folder, options, listing);
  if (listing.entries.some((entry) => /\.(?:sql|[cm]?[jt]s)$/u.test(entry))) {
    throw new MigrateError(
      choice === "auto"
        ? `${folder} holds migrations of a format that is not read. Those of drizzle-kit, Prisma Migrate, Kysely, dbmate, ` +
            `goose, golang-migrate, Flyway and D1 are, and files whose names begin with a number.`
        : `${folder} does not hold migrations of the format ${choice}. Leave source out (--source), to have it found out.`,
      "SOURCE_UNSUPPORTED",
    );
  }
  throw new MigrateError(
    `${folder} is not a folder of migrations: it has neither meta/_journal.json nor folders with a migration.sql, as ` +
      `drizzle-kit ("drizzle-kit generate") and Prisma ("prisma migrate dev") write them, nor files of another tool.`,
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
    const siblings = await readdir(path.join(folder, "..")).catch(() => []);
    return { entries: entries.map((entry) => entry.name), inner, siblings };
  } catch (cause) {
    throw new MigrateError(
      `The folder ${folder} cannot be read. Give --dir the folder of migrations; for drizzle-kit that is "out" in ` +
        `drizzle.config.ts, for Prisma "prisma/migrations".`,
      "DIR_INVALID",
      { cause },
    );
  }
}
