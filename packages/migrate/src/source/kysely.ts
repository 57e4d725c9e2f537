import path from "node:path";
import { pathToFileURL } from "node:url";
import { MigrateError } from "../errors.ts";
import { loadKysely } from "../kysely/load-kysely.ts";
import type { KyselyMigration, RunMigration } from "../kysely/load-kysely.ts";
import { recordStatements } from "../kysely/record.ts";
import { createKyselyLedger } from "../ledger/kysely.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";

/**
 * Folders of Kysely: TypeScript or JavaScript files that export `up(db)` and perhaps `down(db)`, applied in order of their
 * names. A migration that only writes is run once, without a database, and what it would have run is replayed on every tenant; one that
 * reads is run on each.
 *
 * @see https://kysely.dev/docs/migrations
 */
export const kysely: MigrationSource = {
  name: "kysely",
  recognises: ({ entries }) => entries.some(isMigration) && !entries.some((entry) => entry.endsWith(".sql")),
  load,
};

/** What tells that a migration looks at what its own writes did, which a recording does not know. */
const readsCounts =
  /\b(?:numInsertedOrUpdatedRows|numUpdatedRows|numChangedRows|numDeletedRows|numAffectedRows|insertId)\b/u;

function isMigration(entry: string): boolean {
  return /\.[cm]?[jt]s$/u.test(entry) && !/\.d\.[cm]?ts$/u.test(entry);
}

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const run = await loadKysely();
  const files = new Map<string, string>();
  for (const entry of entries.filter(isMigration)) {
    const name = entry.slice(0, entry.lastIndexOf("."));
    const other = files.get(name);
    if (other !== undefined) {
      throw new MigrateError(`${dir} has ${name} twice: ${other} and ${entry}. Remove one.`, "DIR_INVALID");
    }
    files.set(name, entry);
  }
  const migrations: Migration[] = [];
  // As Kysely sorts them.
  for (const name of [...files.keys()].toSorted()) {
    migrations.push(await readMigration(path.join(dir, files.get(name) ?? ""), name, run));
  }
  return { source: "kysely", dir, migrations, ledger: createKyselyLedger(options.ledgerTable) };
}

async function readMigration(file: string, name: string, run: RunMigration): Promise<Migration> {
  const text = await readMigrationFile(file, name);
  const hashes = hashesOf(text);
  let module: unknown;
  try {
    // A file that was edited since is another module.
    module = await import(`${pathToFileURL(path.resolve(file)).href}?${hashes.hash}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MigrateError(`${file} cannot be loaded: ${reason}`, "DIR_INVALID", { migration: name, cause });
  }
  const up = exportOf(module, "up");
  if (up === undefined) {
    throw new MigrateError(`${file} exports no function up(db).`, "DIR_INVALID", { migration: name });
  }
  const down = exportOf(module, "down");
  const record = async (migration: KyselyMigration | undefined) =>
    migration === undefined || readsCounts.test(text) ? undefined : recordStatements(migration, run);
  const statements = await record(up);
  const undo = await record(down);
  const runs = (migration: KyselyMigration | undefined, recorded: unknown) =>
    migration === undefined || recorded !== undefined ? undefined : run.bind(undefined, migration);
  const code = { up: runs(up, statements), down: runs(down, undo) };
  return {
    name,
    file,
    ...hashes,
    statements: statements ?? [],
    ...(down !== undefined && { down: undo ?? [] }),
    ...((code.up !== undefined || code.down !== undefined) && { code }),
  };
}

function exportOf(module: unknown, name: string): KyselyMigration | undefined {
  if (typeof module !== "object" || module === null) return undefined;
  const direct: unknown = Reflect.get(module, name);
  // CommonJS: everything may be in the default export.
  const value = direct ?? exportOf(Reflect.get(module, "default"), name);
  return isMigrationFunction(value) ? value : undefined;
}

function isMigrationFunction(value: unknown): value is KyselyMigration {
  return typeof value === "function";
}
