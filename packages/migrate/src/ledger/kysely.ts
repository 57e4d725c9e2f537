import type { Ledger } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { compareEntries, readTexts } from "./compare-entries.ts";

const lockTable = "kysely_migration_lock";

/**
 * Kysely's table, and beside it the table in which its migrator takes its lock: that is created as Kysely creates it, and never
 * taken here, so that nothing is left locked. The DDL is what Kysely's schema builder writes.
 *
 * Kysely orders the applied ones by time, which therefore has to grow.
 *
 * @see https://kysely.dev/docs/migrations
 */
export function createKyselyLedger(table = "kysely_migration"): Ledger {
  const name = quoteIdentifier(table);
  const remove = (entry: string) => [{ sql: `DELETE FROM ${name} WHERE name = ?`, args: [entry] }];
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null)`,
      `CREATE TABLE IF NOT EXISTS "${lockTable}" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null)`,
      `INSERT INTO "${lockTable}" ("id", "is_locked") SELECT 'migration_lock', 0 WHERE NOT EXISTS (SELECT 1 FROM "${lockTable}")`,
    ],
    select: `SELECT * FROM ${name} ORDER BY timestamp, name`,
    hasChecksums: false,
    compare: (migrations, result) => {
      readTexts(result, "timestamp");
      return compareEntries(migrations, readTexts(result, "name"), { keyOf: (migration) => migration.name });
    },
    record: (migration) => {
      const now = new Date().toISOString();
      const latest = `(SELECT max(timestamp) FROM ${name})`;
      const next = `strftime('%Y-%m-%dT%H:%M:%fZ', ${latest}, '+0.001 seconds')`;
      return [
        {
          sql: `INSERT INTO ${name} ("name", "timestamp") SELECT ?, CASE WHEN ${latest} >= ? THEN ${next} ELSE ? END`,
          args: [migration.name, now, now],
        },
      ];
    },
    unrecord: (migration) => remove(migration.name),
    forget: remove,
  };
}
