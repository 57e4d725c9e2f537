import type { ResultSet } from "@litefleet/driver";
import type { Ledger } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { compareEntries, requireColumns } from "./compare-entries.ts";
import { versionOf } from "./dbmate.ts";

/**
 * goose's table: a version a row, the first of which is 0. Older versions of goose wrote a row with `is_applied` 0 for what
 * was undone, so the last row of a version counts.
 *
 * @see https://github.com/pressly/goose
 */
export function createGooseLedger(table = "goose_db_version"): Ledger {
  const name = quoteIdentifier(table);
  const remove = (version: string) => [{ sql: `DELETE FROM ${name} WHERE version_id = ?`, args: [BigInt(version)] }];
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (\n\t\tid INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tversion_id INTEGER NOT NULL,\n\t\tis_applied INTEGER NOT NULL,\n\t\ttstamp TIMESTAMP DEFAULT (datetime('now'))\n\t)`,
      `INSERT INTO ${name} (version_id, is_applied) SELECT 0, 1 WHERE NOT EXISTS (SELECT 1 FROM ${name})`,
    ],
    select: `SELECT * FROM ${name} ORDER BY id`,
    hasChecksums: false,
    compare: (migrations, result) => compareEntries(migrations, readVersions(result), { keyOf: versionOf }),
    record: (migration) => [
      { sql: `INSERT INTO ${name} (version_id, is_applied) VALUES (?, 1)`, args: [BigInt(versionOf(migration))] },
    ],
    unrecord: (migration) => remove(versionOf(migration)),
    forget: remove,
  };
}

function readVersions(result: ResultSet | undefined): Set<string> {
  requireColumns(result, "version_id", "is_applied");
  const versions = new Set<string>();
  for (const row of result?.rows ?? []) {
    const version = String(row["version_id"]);
    if (!/^-?\d+$/u.test(version)) throw new TypeError("a version_id is not a whole number");
    if (Number(row["is_applied"]) === 0) versions.delete(version);
    else if (version !== "0") versions.add(version);
  }
  return versions;
}
