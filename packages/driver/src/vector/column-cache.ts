import type { Client, Transaction } from "../api.ts";
import { quoteIdentifier } from "./identifier.ts";
import { rowsForIndex } from "./index-threshold.ts";
import { findColumn } from "./read-table.ts";
import type { FoundColumn } from "./read-table.ts";
import type { SearchText } from "./search-statement.ts";

/** What a search has to know of a column before it can choose. */
export interface KnownColumn extends FoundColumn {
  /** How many vectors its index has, counted no further than a choice needs it; `undefined` without an index. */
  readonly indexedRows: number | undefined;
}

/** What is kept of a column. */
export interface ColumnEntry {
  readonly column: Promise<KnownColumn>;
  readonly readAt: number;
  /** Whether something else than vectors of one kind and size was met in it, since its declaration was read. */
  isMixed: boolean;
  /** The SQL of its searches, by their shapes. */
  readonly texts: Map<string, SearchText>;
}

/** For how long a column's declaration and its table's size are believed, in milliseconds. */
const maxAgeMs = 10_000;

const known = new WeakMap<Client | Transaction, Map<string, Map<string, ColumnEntry>>>();

/** What is known of a column, read again every ten seconds. `isFresh` says whether it was read for this call. */
export function knownColumn(
  executor: Client | Transaction,
  table: string,
  column: string,
): { readonly entry: ColumnEntry; readonly isFresh: boolean } {
  const columns = columnsOf(executor, table);
  const entry = columns.get(column);
  const now = Date.now();
  if (entry !== undefined && now - entry.readAt < maxAgeMs) return { entry, isFresh: false };
  const reading = readColumn(executor, table, column);
  const fresh: ColumnEntry = { column: reading, readAt: now, isMixed: false, texts: new Map() };
  columns.set(column, fresh);
  reading.catch(() => columns.delete(column));
  return { entry: fresh, isFresh: true };
}

/** Has everything that is known of an executor's tables read again. */
export function forgetColumns(executor: Client | Transaction): void {
  known.delete(executor);
}

function columnsOf(executor: Client | Transaction, table: string): Map<string, ColumnEntry> {
  let tables = known.get(executor);
  if (tables === undefined) known.set(executor, (tables = new Map<string, Map<string, ColumnEntry>>()));
  let columns = tables.get(table);
  if (columns === undefined) tables.set(table, (columns = new Map<string, ColumnEntry>()));
  return columns;
}

async function readColumn(executor: Client | Transaction, table: string, column: string): Promise<KnownColumn> {
  const found = await findColumn(executor, table, column);
  const index = found.indexes.find(({ isPartial }) => !isPartial);
  if (index === undefined || found.dimensions === undefined) return { ...found, indexedRows: undefined };
  const most = Math.max(...found.indexes.map(({ searchL }) => rowsForIndex(searchL, found.dimensions ?? 1)));
  const { rows } = await executor.execute(
    `SELECT count(*) FROM (SELECT 1 FROM ${quoteIdentifier(`${index.name}_shadow`)} LIMIT ?)`,
    [most],
  );
  return { ...found, indexedRows: Number(rows[0]?.[0] ?? 0) };
}
