import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createDrizzleV1Ledger } from "../ledger/drizzle-v1.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { drizzleBreakpoint, readStatements } from "./statements.ts";

/** Folders of drizzle-kit 1.0: `<time>_<name>/migration.sql` with a `snapshot.json` beside it. */
export const drizzleV1: MigrationSource = {
  name: "drizzle-v1",
  recognises: ({ inner }) =>
    inner.values().some((names) => names.includes("migration.sql") && names.includes("snapshot.json")),
  load,
};

async function load(dir: string, options: SourceOptions, { inner }: FolderListing): Promise<MigrationSet> {
  const names = [...inner].filter(([, files]) => files.includes("migration.sql")).map(([name]) => name);
  // As drizzle sorts them.
  names.sort((a, b) => a.localeCompare(b));
  const migrations: Migration[] = [];
  for (const name of names) migrations.push(await readMigration(dir, name));
  return { source: "drizzle-v1", dir, migrations, ledger: createDrizzleV1Ledger(options.ledgerTable) };
}

async function readMigration(dir: string, name: string): Promise<Migration> {
  const when = readTime(name);
  if (when === undefined) {
    throw new MigrateError(
      `${path.join(dir, name)} must begin with the time at which it was generated (YYYYMMDDhhmmss), as drizzle-kit names its ` +
        `folders: drizzle orders and records migrations by it.`,
      "DIR_INVALID",
      { migration: name },
    );
  }
  const file = path.join(dir, name, "migration.sql");
  const text = await readMigrationFile(file, name);
  return { name, file, ...hashesOf(text), when, statements: readStatements(text, drizzleBreakpoint) };
}

/** The time in a folder's name, in milliseconds since the epoch. */
function readTime(name: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?!\d)/u.exec(name)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
