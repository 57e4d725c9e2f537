import type { InStatement, ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { requireColumns } from "./compare-entries.ts";
import { versionOf } from "./dbmate.ts";

/**
 * golang-migrate's table: one row with the version that the database is at, and whether the step to it has failed (`dirty`).
 * What is older counts as applied; that a file came in late is seen from the journal.
 *
 * @see https://github.com/golang-migrate/migrate
 */
export function createGolangMigrateLedger(table = "schema_migrations"): Ledger {
  const name = quoteIdentifier(table);
  const set = (migration: Migration | undefined): InStatement[] => {
    const clear = `DELETE FROM ${name}`;
    if (migration === undefined) return [clear];
    return [clear, { sql: `INSERT INTO ${name} (version, dirty) VALUES (?, 0)`, args: [BigInt(versionOf(migration))] }];
  };
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (version uint64,dirty bool)`,
      `CREATE UNIQUE INDEX IF NOT EXISTS version_unique ON ${name} (version)`,
    ],
    select: `SELECT * FROM ${name} LIMIT 1`,
    hasChecksums: false,
    holdsVersionOnly: true,
    compare,
    record: set,
    unrecord: (_, previous) => set(previous),
    forget: () => [],
    settle: (_, as, previous) => (as === "applied" ? [`UPDATE ${name} SET dirty = 0`] : set(previous)),
  };
}

function compare(migrations: readonly Migration[], result: ResultSet | undefined): History {
  requireColumns(result, "version", "dirty");
  const row = result?.rows[0];
  const none: History = { applied: [], pending: migrations, edited: [], outOfOrder: [], failed: [], missing: [] };
  if (row === undefined) return none;
  const text = String(row["version"]);
  if (!/^-?\d+$/u.test(text)) throw new TypeError("its version is not a whole number");
  const version = BigInt(text);
  const isDirty = Number(row["dirty"]) !== 0;
  const at = migrations.find((m) => BigInt(versionOf(m)) === version);
  return {
    ...none,
    applied: migrations.filter((m) => BigInt(versionOf(m)) <= version && !(isDirty && m === at)),
    pending: migrations.filter((m) => BigInt(versionOf(m)) > version),
    failed: isDirty ? [at?.name ?? text] : [],
    missing: at === undefined && version >= 0n && !isDirty ? [text] : [],
  };
}
