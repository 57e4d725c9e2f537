import path from "node:path";
import { createDbmateLedger } from "../ledger/dbmate.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { readBlocks } from "./blocks.ts";
import type { BlockMarks } from "./blocks.ts";
import { DuplicateNumber } from "./duplicate-number.ts";
import { hashesOf } from "./hash.ts";
import { readMigrationFile } from "./read-file.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

/**
 * Folders of dbmate: `<version>_<name>.sql` with a block for each direction. Its `transaction:false` is not needed: only a
 * statement that cannot run inside a transaction runs outside of one.
 *
 * @see https://github.com/amacneil/dbmate#creating-migrations
 */
export const dbmate: MigrationSource = { name: "dbmate", recognises, load };

const fileName = /^(?<version>\d+).*\.sql$/u;
const marks: BlockMarks = {
  up: /^--\s*migrate:up(?:\s*$|\s+\S+)/mu,
  down: /^--\s*migrate:down(?:\s*$|\s+\S+$)/mu,
  upName: "-- migrate:up",
  downName: "-- migrate:down",
  needsDown: true,
};

async function recognises({ entries }: FolderListing, dir: string): Promise<boolean> {
  const first = migrationFiles(entries)[0];
  return first !== undefined && marks.up.test(await readMigrationFile(path.join(dir, first), undefined));
}

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const migrations: Migration[] = [];
  const versions = new Map<string, string>();
  for (const entry of migrationFiles(entries)) {
    const version = fileName.exec(entry)?.groups?.["version"] ?? "";
    const other = versions.get(version);
    if (other !== undefined) {
      throw new DuplicateNumber(dir, version, other, entry);
    }
    versions.set(version, entry);
    migrations.push(await readMigration(dir, entry, version));
  }
  return { source: "dbmate", dir, migrations, ledger: createDbmateLedger(options.ledgerTable) };
}

/** As dbmate finds and sorts them. */
function migrationFiles(entries: readonly string[]): string[] {
  return entries
    .filter((entry) => fileName.test(entry) && !/\.(?:up|down)\.sql$/u.test(entry))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function readMigration(dir: string, entry: string, version: string): Promise<Migration> {
  const file = path.join(dir, entry);
  const name = entry.slice(0, -".sql".length);
  const text = await readMigrationFile(file, name);
  const { up, down = "" } = readBlocks(text, marks, file, name);
  return { name, version, file, ...hashesOf(text), statements: readStatements(up), down: readStatements(down) };
}
