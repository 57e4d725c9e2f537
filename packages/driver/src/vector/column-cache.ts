import type { Client, Transaction } from "../api.ts";
import { findColumn } from "./find-index.ts";
import type { FoundColumn } from "./find-index.ts";
import { quoteIdentifier } from "./identifier.ts";

/** What a search has to know of a column before it can choose. */
export interface KnownColumn extends FoundColumn {
  /** An upper bound of the table's rows; `undefined` where it makes no difference. */
  readonly rows: number | undefined;
}

interface Entry {
  readonly column: Promise<KnownColumn>;
  readonly readAt: number;
}

/** For how long a column's declaration and its table's size are believed, in milliseconds. */
const maxAgeMs = 10_000;

const known = new WeakMap<Client | Transaction, Map<string, Entry>>();

/** What is known of a column, read again every ten seconds. `isFresh` says whether it was read for this call. */
export async function knownColumn(
  executor: Client | Transaction,
  table: string,
  column: string,
): Promise<{ readonly column: KnownColumn; readonly isFresh: boolean }> {
  let columns = known.get(executor);
  if (columns === undefined) known.set(executor, (columns = new Map<string, Entry>()));
  const key = JSON.stringify([table, column]);
  const entry = columns.get(key);
  if (entry !== undefined && Date.now() - entry.readAt < maxAgeMs)
    return { column: await entry.column, isFresh: false };
  const reading = readColumn(executor, table, column);
  columns.set(key, { column: reading, readAt: Date.now() });
  try {
    return { column: await reading, isFresh: true };
  } catch (error) {
    columns.delete(key);
    throw error;
  }
}

/** Has everything that is known of an executor's tables read again. */
export function forgetColumns(executor: Client | Transaction): void {
  known.delete(executor);
}

async function readColumn(executor: Client | Transaction, table: string, column: string): Promise<KnownColumn> {
  const found = await findColumn(executor, table, column);
  if (found.indexes.length === 0) return { ...found, rows: undefined };
  const from = quoteIdentifier(table);
  // Both ends of the b-tree, where count(*) would read all of it.
  const { rows } = await executor.execute(
    `SELECT (SELECT max(rowid) FROM ${from}) - (SELECT min(rowid) FROM ${from}) + 1`,
  );
  return { ...found, rows: Number(rows[0]?.[0] ?? 0) };
}
