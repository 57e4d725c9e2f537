import { readFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import { createDbmateLedger } from "../ledger/dbmate.ts";
import type { Migration, MigrationSet } from "../migration.ts";
import { hashesOf } from "./hash.ts";
import type { FolderListing, MigrationSource, SourceOptions } from "./source.ts";
import { readStatements } from "./statements.ts";

/**
 * Folders of dbmate: `<version>_<name>.sql` with a block for each direction. Its `transaction:false` is not needed: a file that
 * cannot run inside a transaction is refused by the statement that cannot.
 *
 * @see https://github.com/amacneil/dbmate#creating-migrations
 */
export const dbmate: MigrationSource = { name: "dbmate", recognises, load };

const fileName = /^(?<version>\d+).*\.sql$/u;
const upBlock = /^--\s*migrate:up(?:\s*$|\s+\S+)/mu;
const downBlock = /^--\s*migrate:down(?:\s*$|\s+\S+$)/mu;

async function recognises({ entries }: FolderListing, dir: string): Promise<boolean> {
  const first = migrationFiles(entries)[0];
  if (first === undefined) return false;
  return upBlock.test(await readFile(path.join(dir, first), "utf8").catch(() => ""));
}

async function load(dir: string, options: SourceOptions, { entries }: FolderListing): Promise<MigrationSet> {
  const migrations: Migration[] = [];
  const versions = new Map<string, string>();
  for (const entry of migrationFiles(entries)) {
    const version = fileName.exec(entry)?.groups?.["version"] ?? "";
    const other = versions.get(version);
    if (other !== undefined) {
      throw new MigrateError(`${dir} has version ${version} twice: ${other} and ${entry}. Rename one.`, "DIR_INVALID");
    }
    versions.set(version, entry);
    migrations.push(await readMigration(dir, entry, version));
  }
  return { source: "dbmate", dir, migrations, ledger: createDbmateLedger(options.ledgerTable) };
}

/** As dbmate finds and sorts them. */
function migrationFiles(entries: readonly string[]): string[] {
  return entries
    .filter((entry) => fileName.test(entry))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function readMigration(dir: string, entry: string, version: string): Promise<Migration> {
  const file = path.join(dir, entry);
  const name = entry.slice(0, -".sql".length);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new MigrateError(`${file} cannot be read.`, "DIR_INVALID", { migration: name, cause });
  }
  const up = upBlock.exec(text)?.index;
  const down = downBlock.exec(text)?.index;
  const fault =
    up === undefined
      ? 'has no "-- migrate:up"'
      : down === undefined
        ? 'has no "-- migrate:down", which dbmate asks for even if nothing follows it'
        : down < up
          ? 'has its "-- migrate:down" before its "-- migrate:up"'
          : /^(?!\s*--)[^\n]*\S/mu.test(text.slice(0, up))
            ? 'has statements before its "-- migrate:up"'
            : undefined;
  if (fault !== undefined) throw new MigrateError(`${file} ${fault}.`, "DIR_INVALID", { migration: name });
  // What comes before the block is left in as blank, so that lines are counted right.
  const block = text.slice(0, up).replaceAll(/[^\n]/gu, " ") + text.slice(up, down);
  return { name, version, file, ...hashesOf(text), statements: readStatements(block) };
}
