import type { CallOptions, Client, InArgs, Transaction, Value } from "../api.ts";
import { LibsqlError } from "../errors.ts";
import { forgetColumns, knownColumn } from "./column-cache.ts";
import type { KnownColumn } from "./column-cache.ts";
import { checkMetric } from "./distance.ts";
import type { VectorMetric } from "./distance.ts";
import { encodeForColumn } from "./encode-for-column.ts";
import type { FoundIndex } from "./find-index.ts";
import { checkWhere, searchStatement } from "./search-statement.ts";
import type { SearchStatement } from "./search-statement.ts";
import { checkIndexSupport } from "./vector-index.ts";
import type { VectorColumnRef } from "./vector-index.ts";
import type { VectorKind } from "./vector-kind.ts";

/** What {@link vectorSearch} takes. */
export interface VectorSearchOptions extends VectorColumnRef, Pick<CallOptions, "signal" | "timeoutMs"> {
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
  /** `"auto"` chooses by the size of the table, `"exact"` looks at every row, a name uses that index. Default `"auto"`. */
  readonly index?: "auto" | "exact" | (string & {});
}

/** A row that was found: `rowid`, `distance` and the selected columns. */
export interface VectorMatch {
  readonly rowid: number | bigint | string;
  readonly distance: number;
  readonly [column: string]: Value;
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

/** Below so many elements in a column an exact search is about as fast as an index, and finds everything. */
const exactElements = 500_000;

/** More candidates than this cost more than they save. */
const maxCandidates = 1000;

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
export function vectorSearch(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain: true },
): Promise<{ readonly rows: VectorMatch[]; readonly plan: VectorSearchPlan }>;
export function vectorSearch(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain?: false },
): Promise<VectorMatch[]>;
export async function vectorSearch(
  executor: Client | Transaction,
  options: VectorSearchOptions & { readonly explain?: boolean },
): Promise<VectorMatch[] | { readonly rows: VectorMatch[]; readonly plan: VectorSearchPlan }> {
  checkOptions(options);
  const { rows, plan } = await search(executor, options);
  return options.explain === true ? { rows, plan } : rows;
}

interface Found {
  readonly rows: VectorMatch[];
  readonly plan: VectorSearchPlan;
}

async function search(executor: Client | Transaction, options: VectorSearchOptions): Promise<Found> {
  const { column, isFresh } = await knownColumn(executor, options.table, options.column);
  if (isFresh) return searchColumn(executor, options, column);
  try {
    const found = await searchColumn(executor, options, column);
    if (found.rows.length > 0) return found;
    return (await searchAgain(executor, options, column)) ?? found;
  } catch (error) {
    const isOfSchema = error instanceof RangeError || (error instanceof LibsqlError && error.code.startsWith("SQL"));
    const found = isOfSchema ? await searchAgain(executor, options, column) : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** Searches by what the schema says now, if that is something else than was known. */
async function searchAgain(
  executor: Client | Transaction,
  options: VectorSearchOptions,
  known: KnownColumn,
): Promise<Found | undefined> {
  forgetColumns(executor);
  const { column } = await knownColumn(executor, options.table, options.column);
  if (JSON.stringify({ ...column, rows: 0 }) === JSON.stringify({ ...known, rows: 0 })) return undefined;
  return searchColumn(executor, options, column);
}

async function searchColumn(
  executor: Client | Transaction,
  options: VectorSearchOptions,
  column: KnownColumn,
): Promise<Found> {
  const { k = 10, metric = "cosine", where } = options;
  const { blob, kind, dimensions } = encodeForColumn(options.vector, column);
  if (kind === "f1" && metric === "l2") throw new RangeError('Vectors of kind f1 have no "l2" distance; use "cosine"');
  const select = options.select ?? column.others;
  const run = async (among?: SearchStatement["among"]): Promise<VectorMatch[]> => {
    const { table, args } = options;
    const statement = {
      table,
      column: options.column,
      metric,
      vector: blob,
      kind,
      select,
      where,
      args,
      limit: k,
      among,
    };
    return runStatement(executor, statement, options);
  };
  const isAlike = likeness(options.minScore, metric, kind, dimensions);
  const choice = await choose(executor, options, column, metric, dimensions);
  if (typeof choice === "string") {
    const rows = (await run()).filter(isAlike);
    return { rows, plan: { method: "exact", index: undefined, candidates: 0, reason: choice } };
  }
  const limit = Math.max(2 * k, Math.min(maxCandidates, (column.rows ?? 0) / 8));
  let candidates = where === undefined ? Math.max(2 * k, 20) : Math.max(4 * k, 100);
  for (;;) {
    const among = { index: choice.index.name, count: candidates };
    const rows = await run(among);
    const { index, reason } = choice;
    if (rows.length >= k) {
      return { rows: rows.filter(isAlike), plan: { method: "index", index: index.name, candidates, reason } };
    }
    const wanted = Math.ceil((candidates * k * 1.5) / Math.max(rows.length, 0.5));
    if (where === undefined || wanted > limit) {
      const short = `the index gave ${rows.length} of ${k} rows among the ${candidates} nearest`;
      const all = (await run()).filter(isAlike);
      return { rows: all, plan: { method: "exact", index: undefined, candidates, reason: short } };
    }
    candidates = wanted;
  }
}

async function runStatement(
  executor: Client | Transaction,
  statement: SearchStatement,
  { signal, timeoutMs }: CallOptions,
): Promise<VectorMatch[]> {
  const { sql, args } = searchStatement(statement);
  const rows = await executor.prepare(sql).values(args, { signal, timeoutMs });
  return rows.map((values) => {
    const row: Record<string, Value> = {};
    for (const [i, name] of statement.select.entries()) row[name] = values[i + 2]!;
    return { ...row, rowid: values[0] as VectorMatch["rowid"], distance: Number(values[1]) };
  });
}

/** The index to use, or why there is none to use. */
async function choose(
  executor: Client | Transaction,
  { index: wish = "auto", table, column: name }: VectorSearchOptions,
  column: KnownColumn,
  metric: VectorMetric,
  dimensions: number,
): Promise<string | { readonly index: FoundIndex; readonly reason: string }> {
  if (wish === "exact") return "asked for";
  if (wish !== "auto") {
    await checkIndexSupport(executor);
    const index = column.indexes.find((each) => each.name.toLowerCase() === wish.toLowerCase());
    if (index === undefined)
      throw new RangeError(`There is no vector index ${JSON.stringify(wish)} on ${table}.${name}`);
    if (index.metric !== metric) {
      throw new RangeError(`The index ${wish} is for the metric ${index.metric}, the search for ${metric}`);
    }
    return { index, reason: "asked for" };
  }
  const index = column.indexes.find((each) => each.metric === metric && !each.isPartial);
  if (index === undefined) return `there is no index for the metric ${metric} on all rows of ${table}.${name}`;
  const size = `${column.rows ?? 0} rows of ${dimensions} dimensions`;
  if ((column.rows ?? 0) * dimensions < exactElements) return `${size} are searched as fast without the index`;
  return { index, reason: `${size} are searched faster with the index` };
}

function likeness(
  minScore: number | undefined,
  metric: VectorMetric,
  kind: VectorKind,
  dimensions: number,
): (row: VectorMatch) => boolean {
  if (minScore === undefined) return () => true;
  if (metric === "l2") return ({ distance }) => 1 / (1 + distance) >= minScore;
  if (kind === "f1") return ({ distance }) => 1 - (2 * distance) / dimensions >= minScore;
  return ({ distance }) => 1 - distance >= minScore;
}

function checkOptions({ k = 10, metric = "cosine", where, minScore, select, index }: VectorSearchOptions): void {
  if (!Number.isInteger(k) || k < 1 || k > 10_000) throw new RangeError(`Expected k from 1 to 10000, got ${k}`);
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
