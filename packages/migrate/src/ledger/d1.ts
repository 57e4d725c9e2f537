import type { Ledger, Migration } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { compareEntries, readTexts } from "./compare-entries.ts";

/**
 * The table of `wrangler d1 migrations`: the name of a file a row.
 *
 * @see https://developers.cloudflare.com/d1/reference/migrations/
 */
export function createD1Ledger(table = "d1_migrations"): Ledger {
  const name = quoteIdentifier(table);
  const remove = (file: string) => [{ sql: `DELETE FROM ${name} WHERE name = ?`, args: [file] }];
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name}(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)`,
    ],
    select: `SELECT * FROM ${name} ORDER BY id`,
    hasChecksums: false,
    compare: (migrations, result) => compareEntries(migrations, readTexts(result, "name"), { keyOf: fileOf }),
    record: (migration) => [{ sql: `INSERT INTO ${name} (name) VALUES (?)`, args: [fileOf(migration)] }],
    unrecord: (migration) => remove(fileOf(migration)),
    forget: remove,
  };
}

function fileOf({ name }: Migration): string {
  return `${name}.sql`;
}
