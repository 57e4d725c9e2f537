import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createPrismaLedger } from "../ledger/prisma.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

/**
 * Folders of Prisma Migrate: `<time>_<name>/migration.sql`, and `migration_lock.toml` with the kind of database.
 *
 * @see https://www.prisma.io/docs/orm/prisma-migrate
 */
export const prisma: MigrationSource = {
  name: "prisma",
  recognises: ({ entries, inner }) =>
    entries.includes(lockFile) || inner.values().some((names) => names.includes("migration.sql")),
  load,
};

const lockFile = "migration_lock.toml";

async function load(dir: string, options: SourceOptions, { entries, inner }: FolderListing): Promise<MigrationSet> {
  if (entries.includes(lockFile)) await checkProvider(path.join(dir, lockFile));
  const migrations: Migration[] = [];
  for (const name of [...inner.keys()].toSorted()) migrations.push(await readMigration(dir, name));
  return { source: "prisma", dir, migrations, ledger: createPrismaLedger(options.ledgerTable) };
}

async function checkProvider(file: string): Promise<void> {
  const text = await readMigrationFile(file, undefined);
  const provider = /^\s*provider\s*=\s*["'](?<name>[^"']*)["']/mu.exec(text)?.groups?.["name"];
  if (provider === undefined || provider === "sqlite") return;
  throw new MigrateError(`${file} is for ${JSON.stringify(provider)}, not for SQLite.`, "DIR_INVALID");
}

async function readMigration(dir: string, name: string): Promise<Migration> {
  const file = path.join(dir, name, "migration.sql");
  const text = await readMigrationFile(file, name);
  return { name, file, ...hashesOf(text), statements: readStatements(text) };
}
