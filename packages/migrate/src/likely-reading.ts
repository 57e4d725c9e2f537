import type { MigrationSet } from "./migration.ts";
import type { HistoryReading } from "./read-history.ts";

interface LastReading {
  readonly reading: HistoryReading;
  readonly key: string;
  /** The one before was the same. */
  readonly isLikely: boolean;
}

const lastReadings = new WeakMap<MigrationSet, LastReading>();

/**
 * What the next database on a server most likely holds: what the last two held that were migrated with this folder, as the tenants of a
 * fleet do. Who believes it need not ask, which is one round trip of two, but has to have the server check it before anything is changed.
 */
export function likelyReading(set: MigrationSet): HistoryReading | undefined {
  const last = lastReadings.get(set);
  return last?.isLikely === true ? last.reading : undefined;
}

/** Tells what a database held that has been migrated since. */
export function noteReading(set: MigrationSet, reading: HistoryReading): void {
  const key = keyOf(reading);
  const last = lastReadings.get(set);
  lastReadings.set(set, { reading, key, isLikely: last?.key === key });
}

/** Tells that a database held something else. */
export function forgetReading(set: MigrationSet): void {
  lastReadings.delete(set);
}

function keyOf({ rows, objects }: HistoryReading): string {
  const values = [rows.ledger, rows.journal].map((result) => result?.rows.map((row) => Array.from(row)));
  return JSON.stringify([values, objects], (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
