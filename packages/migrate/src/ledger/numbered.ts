import type { Ledger } from "../migration.ts";
import { hasSameText } from "../source/hash.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { compareEntries, readTexts } from "./compare-entries.ts";

/** A table of our own, for files that belong to no tool: name, SHA-256 of the text, and when it was applied. */
export function createNumberedLedger(table = "litefleet_migrations"): Ledger {
  const name = quoteIdentifier(table);
  const remove = (entry: string) => [{ sql: `DELETE FROM ${name} WHERE name = ?`, args: [entry] }];
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (name TEXT PRIMARY KEY NOT NULL, hash TEXT NOT NULL, applied_at TEXT NOT NULL)`,
    ],
    select: `SELECT * FROM ${name} ORDER BY rowid`,
    hasChecksums: true,
    compare: (migrations, result) => {
      const names = readTexts(result, "name");
      readTexts(result, "hash");
      const hashes = new Map(result?.rows.map((row) => [String(row["name"]), String(row["hash"])]));
      return compareEntries(migrations, names, {
        keyOf: (migration) => migration.name,
        isEdited: (migration) => !hasSameText(migration, hashes.get(migration.name) ?? ""),
      });
    },
    record: (migration) => [
      {
        sql: `INSERT INTO ${name} (name, hash, applied_at) VALUES (?, ?, ?)`,
        args: [migration.name, migration.hash, new Date().toISOString()],
      },
    ],
    unrecord: (migration) => remove(migration.name),
    rehash: ({ name: entry, hash }) => [{ sql: `UPDATE ${name} SET hash = ? WHERE name = ?`, args: [hash, entry] }],
    forget: remove,
  };
}
