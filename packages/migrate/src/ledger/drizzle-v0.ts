import type { ResultSet } from "@litefleet/driver";
import type { History, Ledger, Migration } from "../migration.ts";
import { hasSameText } from "../source/hash.ts";
import { quoteIdentifier } from "../sql/quote.ts";

/** A row of the table. */
export interface DrizzleEntry {
  readonly hash: string;
  /** The migration's {@link Migration.when}, not the time at which it was applied. */
  readonly when: number;
}

/**
 * The table of drizzle-orm's migrators before 1.0. The DDL is theirs to the letter (SQLite takes no notice of `SERIAL`, so `id` stays
 * NULL), so that a schema comparison sees no difference.
 *
 * drizzle applies every migration whose `when` is later than the latest `created_at` and never compares hashes, so it
 * passes over edited and out-of-order migrations without a word; {@link Ledger.compare} names them.
 */
export function createDrizzleV0Ledger(table = "__drizzle_migrations"): Ledger {
  const name = quoteIdentifier(table);
  return {
    table,
    create: [
      `CREATE TABLE IF NOT EXISTS ${name} (\n\t\t\tid SERIAL PRIMARY KEY,\n\t\t\thash text NOT NULL,\n\t\t\tcreated_at numeric\n\t\t)`,
    ],
    hasChecksums: true,
    select: `SELECT hash, created_at FROM ${name} ORDER BY created_at, rowid`,
    compare: (migrations, result) => compare(migrations, readDrizzleEntries(result)),
    record: (migration) => [
      {
        sql: `INSERT INTO ${name} ("hash", "created_at") VALUES(?, ?)`,
        args: [migration.hash, timeOf(migration)],
      },
    ],
    unrecord: (migration) => [{ sql: `DELETE FROM ${name} WHERE created_at = ?`, args: [timeOf(migration)] }],
    rehash: (migration) => [
      { sql: `UPDATE ${name} SET hash = ? WHERE created_at = ?`, args: [migration.hash, timeOf(migration)] },
    ],
    forget: (hash) => [{ sql: `DELETE FROM ${name} WHERE hash = ?`, args: [hash] }],
  };
}

/** Reads the columns that every version has. Throws a `TypeError` if they hold something else. */
export function readDrizzleEntries(result: ResultSet | undefined): DrizzleEntry[] {
  return (result?.rows ?? []).map((row) => ({ hash: readText(row["hash"]), when: readNumber(row["created_at"]) }));
}

/** Every migration of drizzle-kit has a time. */
export function timeOf({ name, when }: Migration): number {
  if (when === undefined) throw new RangeError(`${name} has no time, which drizzle's ledger is ordered by`);
  return when;
}

function compare(migrations: readonly Migration[], entries: readonly DrizzleEntry[]): History {
  const unmatched = new Set(entries);
  const applied = new Set<Migration>();
  const edited = new Set<Migration>();
  const take = (migration: Migration, into: Set<Migration>, fits: (entry: DrizzleEntry) => boolean): void => {
    if (applied.has(migration) || edited.has(migration)) return;
    const entry = unmatched.values().find(fits);
    if (entry === undefined) return;
    unmatched.delete(entry);
    into.add(migration);
  };
  // The surest match first: two migrations may share a time, or (empty ones) a text.
  for (const m of migrations) take(m, applied, (entry) => entry.when === timeOf(m) && hasSameText(m, entry.hash));
  for (const m of migrations) take(m, edited, (entry) => entry.when === timeOf(m));
  for (const m of migrations) take(m, applied, (entry) => hasSameText(m, entry.hash));
  const latest = entries.reduce((max, entry) => Math.max(max, entry.when), Number.NEGATIVE_INFINITY);
  const rest = migrations.filter((m) => !applied.has(m) && !edited.has(m));
  return {
    applied: migrations.filter((m) => applied.has(m)),
    pending: rest.filter((m) => timeOf(m) > latest),
    edited: migrations.filter((m) => edited.has(m)),
    outOfOrder: rest.filter((m) => timeOf(m) <= latest),
    failed: [],
    missing: [...unmatched].map((entry) => entry.hash),
  };
}

function readText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("a hash is not text");
}

/** `numeric`: a number, and from a hand or a client with bigints perhaps text or a bigint. */
function readNumber(value: unknown): number {
  const number =
    typeof value === "number" || typeof value === "bigint" || typeof value === "string" ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new TypeError("a created_at is not a number");
  return number;
}
