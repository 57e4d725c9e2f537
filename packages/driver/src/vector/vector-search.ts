import type { CallOptions, Client, InArgs, Transaction } from "../api.ts";
import { LibsqlError } from "../errors.ts";
import { checkWhere } from "./check-where.ts";
import { chooseMethod } from "./choose-method.ts";
import { forgetColumns, knownColumn } from "./column-cache.ts";
import type { ColumnEntry, KnownColumn } from "./column-cache.ts";
import { checkMetric } from "./distance.ts";
import type { VectorMetric } from "./distance.ts";
import { encodeForColumn } from "./encode-for-column.ts";
import { checkIndexSupport } from "./index-support.ts";
import { likeness } from "./likeness.ts";
import { runSearch } from "./run-search.ts";
import type { MatchedColumns, VectorMatch } from "./run-search.ts";
import type { SearchValues } from "./search-statement.ts";
import type { VectorColumnRef } from "./vector-index.ts";

/** What {@link vectorSearch} takes. */
export interface VectorSearchOptions extends VectorColumnRef, CallOptions {
  /** What to search near: numbers, which become the column's kind, or bytes that {@link vector} made (a `Uint8Array` is those). */
  readonly vector: Iterable<number> | ArrayBuffer;
  /** How many rows, 1 to 10,000. Default 10. */
  readonly k?: number;
  /** Default `"cosine"`. */
  readonly metric?: VectorMetric;
  /** Names of the columns to read, without quotes. Default: all but the vector's. */
  readonly select?: readonly string[];
  /** A condition that rows must meet, as SQL. Values belong in `args`; never put a user's text into it. */
  readonly where?: string;
  /** The arguments of `where`, in order for `?` or by name. */
  readonly args?: InArgs;
  /**
   * Leaves out rows that are less alike: 1 − distance by `"cosine"` (for kind `"f1"` 1 − 2 × differing elements ÷ elements),
   * 1 ÷ (1 + distance) by `"l2"`.
   */
  readonly minScore?: number;
  /**
   * `"auto"` takes an index where that is faster, `"exact"` looks at every row, a name uses that index. Default `"auto"`. An index
   * that has not all rows is not used, whoever asks.
   */
  readonly index?: "auto" | "exact" | (string & {});
  /**
   * How many nodes of an index the search has to look at, at least: more find more and take longer. libSQL fixes the number when an
   * index is created ({@link VectorIndexOptions.searchL}), so this chooses: the index on the column that looks at the fewest but
   * enough, and every row where none does. Default: as many as the index does. 1 to 10,000.
   */
  readonly efSearch?: number;
}

/** How a search was done, and why so. */
export interface VectorSearchPlan {
  readonly method: "exact" | "index";
  /** The index that gave the rows. */
  readonly index: string | undefined;
  /** How many of the nearest rows the index was asked for; 0 for an exact search without one. */
  readonly candidates: number;
  readonly reason: string;
}

/** What a search gives if it is to explain itself. */
export interface ExplainedSearch<Row extends object = MatchedColumns> {
  readonly rows: VectorMatch<Row>[];
  readonly plan: VectorSearchPlan;
}

/**
 * The `k` rows whose vectors are nearest, nearest first. Rows whose column holds NULL, text or a vector of another kind or size are
 * passed over. `where` is kept exactly: rows from the index are filtered, and where too few remain, every row is looked at.
 * Distances are always the engine's own for the stored vector, also with an index; equal ones are ordered by rowid.
 *
 * What the schema says of the column is read once in ten seconds a client.
 *
 * @throws {RangeError} for a vector of the wrong size or kind, or a table, column or index that does not exist.
 * @throws {LitefleetError} `UNSUPPORTED` for the name of an index where {@link Capabilities.vectorIndex} is false.
 * @example
 * const near = await vectorSearch(client, { table: "words", column: "embedding", vector: embedding, where: "lang = ?", args: ["en"] });
 * for (const { word, distance } of near) console.log(word, distance);
 */
export function vectorSearch<Row extends object = MatchedColumns>(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain: true },
): Promise<ExplainedSearch<Row>>;
export function vectorSearch<Row extends object = MatchedColumns>(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain?: false },
): Promise<VectorMatch<Row>[]>;
export async function vectorSearch(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain?: boolean },
): Promise<VectorMatch[] | ExplainedSearch> {
  checkOptions(options);
  const found = await search(executor, options);
  return options.explain === true ? found : found.rows;
}

async function search(executor: Client | Transaction, options: VectorSearchOptions): Promise<ExplainedSearch> {
  const { entry, isFresh } = knownColumn(executor, options.table, options.column);
  if (isFresh) return searchColumn(executor, options, entry, await entry.column);
  const known = await entry.column;
  try {
    const found = await searchColumn(executor, options, entry, known);
    if (found.rows.length > 0) return found;
    return (await searchAgain(executor, options, known)) ?? found;
  } catch (error) {
    const isOfSchema = error instanceof RangeError || (error instanceof LibsqlError && error.code.startsWith("SQL"));
    const found = isOfSchema ? await searchAgain(executor, options, known) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** Searches by what the schema says now, if that is something else than was known. */
async function searchAgain(
  executor: Client | Transaction,
  options: VectorSearchOptions,
  known: KnownColumn,
): Promise<ExplainedSearch | undefined> {
  forgetColumns(executor);
  const { entry } = knownColumn(executor, options.table, options.column);
  const column = await entry.column;
  if (JSON.stringify({ ...column, indexedRows: 0 }) === JSON.stringify({ ...known, indexedRows: 0 })) return undefined;
  return searchColumn(executor, options, entry, column);
}

async function searchColumn(
  executor: Client | Transaction,
  options: VectorSearchOptions,
  entry: ColumnEntry,
  column: KnownColumn,
): Promise<ExplainedSearch> {
  const { table, k = 10, metric = "cosine", where, args, efSearch = 0, index: wanted = "auto" } = options;
  const { blob, kind, dimensions } = encodeForColumn(options.vector, column);
  if (kind === "f1" && metric === "l2") throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
  const select = options.select ?? column.others;
  const isNamed = args !== undefined && !Array.isArray(args);
  const shape = { table, column: options.column, keys: column, metric, kind, select, where, isNamed };
  const run = (among?: SearchValues["among"]): Promise<VectorMatch[]> =>
    runSearch(executor, shape, { vector: blob, args, limit: k, among }, options, entry);
  const isAlike = likeness(options.minScore, metric, kind, dimensions);
  const wish = { index: wanted, table, column: options.column, metric, k, efSearch };
  if (wanted !== "auto" && wanted !== "exact") await checkIndexSupport(executor);
  const { index, reason } = chooseMethod(wish, column, dimensions);
  let [candidates, why] = [0, reason];
  if (index !== undefined) {
    const reach = reachOf(index.searchL);
    candidates = Math.min(reach, Math.max(2 * k, where === undefined ? 20 : 100, efSearch));
    for (;;) {
      const rows = await run({ index: index.name, count: candidates });
      if (rows.length >= k) {
        const plan = { method: "index", index: index.name, candidates, reason } as const;
        return { rows: isAlike === undefined ? rows : rows.filter(isAlike), plan };
      }
      why = `the index gave ${rows.length} of ${k} rows among the ${candidates} nearest`;
      // As many as would hold the rest if the condition kept as large a part of them.
      const wider = Math.ceil((candidates * k * 1.5) / Math.max(rows.length, 0.5));
      if (where === undefined || wider > reach || wider <= candidates) break;
      candidates = wider;
    }
  }
  const rows = await run();
  const plan = { method: "exact", index: undefined, candidates, reason: why } as const;
  return { rows: isAlike === undefined ? rows : rows.filter(isAlike), plan };
}

/** No more rows than this come out of an index: it gives those that it looked at, which are some more than it has to. */
function reachOf(searchL: number): number {
  return 2 * searchL;
}

function checkOptions(options: VectorSearchOptions): void {
  const { k = 10, metric = "cosine", where, minScore, select, index, efSearch } = options;
  checkCount("k", k);
  if (efSearch !== undefined) checkCount("efSearch", efSearch);
  checkMetric(metric);
  if (where !== undefined) checkWhere(where);
  if (minScore !== undefined && !Number.isFinite(minScore)) {
    throw new RangeError(`Expected minScore as a finite number, got ${minScore}`);
  }
  if (select !== undefined && !Array.isArray(select))
    throw new TypeError("Expected select as an array of column names");
  if (index !== undefined && typeof index !== "string")
    throw new TypeError('Expected index as "auto", "exact" or a name');
}

/** @throws {RangeError} for what is no number of rows. */
export function checkCount(name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 10_000) {
    throw new RangeError(`Expected ${name} from 1 to 10000, got ${count}`);
  }
}
