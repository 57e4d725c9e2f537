import type { CallOptions, Client, InValue, Transaction } from "@litefleet/driver";
import { vectorSearch, type VectorMetric } from "@litefleet/driver/vector";

/** Options of `nearest()` that are the driver's. */
export interface NearestSearch extends Pick<CallOptions, "signal" | "timeoutMs"> {
  /** How many rows, 1 to 10,000. Default 10. */
  readonly k?: number;
  /** Default `"cosine"`. */
  readonly metric?: VectorMetric;
  /** Leaves out rows that are less alike: 1 − distance by `"cosine"`, 1 ÷ (1 + distance) by `"l2"`. */
  readonly minScore?: number;
  /** `"auto"` (default) takes an index where that is faster, `"exact"` looks at every row, a name uses that index. */
  readonly index?: "auto" | "exact" | (string & {});
}

/** A search as SQL names it. */
export interface NamedSearch {
  readonly executor: Client | Transaction;
  readonly table: string;
  readonly column: string;
  readonly vector: Iterable<number>;
  readonly where: { readonly sql: string; readonly params: readonly unknown[] } | undefined;
  readonly search: NearestSearch;
}

/**
 * The rowids of the nearest rows with their distances, nearest first.
 *
 * @throws {RangeError} for a table without rowids, and what `vectorSearch` throws.
 */
export async function findNearest(named: NamedSearch): Promise<Map<string, number>> {
  const { executor, table, column, vector, where, search } = named;
  const { k, metric, minScore, index, signal, timeoutMs } = search;
  const matches = await vectorSearch(executor, {
    table,
    column,
    vector,
    select: [],
    intMode: "auto",
    ...defined({ k, metric, minScore, index, signal, timeoutMs }),
    // Drizzle types parameters as `unknown`; the driver checks each one before the database sees it.
    ...(where !== undefined && { where: where.sql, args: where.params as InValue[] }),
  });
  const distances = new Map<string, number>();
  for (const { rowid, distance } of matches) {
    if (rowid === null) throw new RangeError(`nearest() needs a table with rowids, which ${table} has not`);
    distances.set(String(rowid), distance);
  }
  return distances;
}

/** The rows in the order of their distances, each with its own; rows that are gone meanwhile are left out. */
export function withDistances<TRow extends object>(
  rows: readonly (TRow & { readonly [rowidField]: unknown })[],
  distances: ReadonlyMap<string, number>,
): (TRow & { distance: number })[] {
  const byRowid = new Map(rows.map((row) => [String(row[rowidField]), row]));
  const found: (TRow & { distance: number })[] = [];
  for (const [rowid, distance] of distances) {
    const row = byRowid.get(rowid);
    if (row === undefined) continue;
    const { [rowidField]: _, ...fields } = row;
    // Only the helper's own field is taken away.
    found.push({ ...(fields as unknown as TRow), distance });
  }
  return found;
}

/** The field that carries the rowid through drizzle's select. */
export const rowidField = "$rowid";

/** @throws {RangeError} for fields of which one would be lost. */
export function checkFields(fields: object): void {
  if (!Object.hasOwn(fields, "distance")) return;
  throw new RangeError("nearest() adds a field `distance`, and there is one already; give it another name in `select`");
}

function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
