import type { CallOptions, Client, InArgs, Transaction, Value } from "../api.ts";
import { unsupported } from "../errors.ts";
import { knownColumn } from "./column-cache.ts";
import { quoteIdentifier } from "./identifier.ts";
import { toCallOptions } from "./run-search.ts";
import { checkCount, vectorSearch } from "./vector-search.ts";
import type { VectorSearchOptions } from "./vector-search.ts";

/** What {@link hybridSearch} takes: a vector search, and words to look for beside it. */
export interface HybridSearchOptions extends VectorSearchOptions {
  /** The FTS5 table, whose rowids are those of `table` (as with `content=`). Without quotes. */
  readonly textTable: string;
  /** What to look for: words, of which any may occur. FTS5's own syntax has no meaning here. */
  readonly text: string;
}

/**
 * A row that was found by its vector, its text or both: `rowid`, `score`, `distance` and the selected columns.
 *
 * @typeParam Row what the selected columns hold, as you know it; nothing checks it.
 */
export type HybridMatch<Row extends object = Readonly<Record<string, Value | undefined>>> = Row & {
  readonly rowid: number | bigint | string;
  /** Sum of 1 ÷ (60 + rank) over the searches that found it: higher is better. */
  readonly score: number;
  /** `undefined` for a row that only its text found. */
  readonly distance: number | undefined;
};

/** The customary constant of reciprocal rank fusion: how little the first ranks stand out. */
const rankOffset = 60;

/**
 * The `k` rows that a vector search and a full-text search together rank highest, by reciprocal rank fusion. Each search gives five
 * times `k` rows, and both keep `where`. Outside a transaction a row that is deleted meanwhile is left out.
 *
 * @throws {LitefleetError} `UNSUPPORTED` where {@link Capabilities.fullTextSearch} is false.
 * @throws {RangeError} for a text without words, and as {@link vectorSearch}.
 * @example await hybridSearch(client, { table: "docs", column: "embedding", vector: embedding, textTable: "docs_fts", text: "sea storm" });
 * @see https://plg.uwaterloo.ca/~gvcormac/cormacksigir09-rrf.pdf
 */
export async function hybridSearch<Row extends object = Readonly<Record<string, Value | undefined>>>(
  executor: Client | Transaction,
  options: HybridSearchOptions,
): Promise<HybridMatch<Row>[]>;
export async function hybridSearch(
  executor: Client | Transaction,
  options: HybridSearchOptions,
): Promise<HybridMatch[]> {
  if ("capabilities" in executor && !executor.capabilities.fullTextSearch) {
    throw unsupported("Full-text search", "Use vectorSearch()");
  }
  const { k = 10, text, ...search } = options;
  checkCount("k", k);
  const depth = Math.min(10_000, 5 * k);
  const words = toMatch(text);
  const byVector = await vectorSearch(executor, { ...search, k: depth, select: [] });
  const { rowid, others } = await knownColumn(executor, options.table, options.column).entry.column;
  if (rowid === undefined) {
    throw new RangeError(`${options.table} has no rowid, by which its rows would be joined with their words`);
  }
  const source = { rowid, from: quoteIdentifier(options.table, "table"), select: options.select ?? others };
  const byText = await textRowids(executor, options, source, words, depth);
  const scores = new Map<Value, number>();
  for (const ranked of [byVector.map((row) => row.rowid), byText]) {
    for (const [rank, id] of ranked.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (rankOffset + rank + 1));
  }
  const best = [...scores].toSorted((a, b) => b[1] - a[1]).slice(0, k);
  const distances = new Map<Value, number>(byVector.map((row) => [row.rowid, row.distance]));
  const ids = best.map(([id]) => id);
  const rows = await readRows(executor, options, source, ids);
  return best.flatMap(([id, score]) => {
    const row = rows.get(id);
    return row === undefined || !isRowid(id) ? [] : [{ ...row, rowid: id, score, distance: distances.get(id) }];
  });
}

/** The table as SQL names it. */
interface Source {
  readonly rowid: string;
  readonly from: string;
  readonly select: readonly string[];
}

function isRowid(value: Value): value is number | bigint | string {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "string";
}

/** The words as strings of FTS5, so that nothing in them is an operator. */
function toMatch(text: string): string {
  if (typeof text !== "string") throw new TypeError(`Expected text as a string, got ${typeof text}`);
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu);
  if (words === null) throw new RangeError(`Expected text with at least one word, got ${JSON.stringify(text)}`);
  return words.map((word) => `"${word}"`).join(" OR ");
}

async function textRowids(
  executor: Client | Transaction,
  { textTable, where, args, ...call }: { textTable: string; where?: string; args?: InArgs } & CallOptions,
  { rowid, from }: Source,
  words: string,
  limit: number,
): Promise<Value[]> {
  const texts = quoteIdentifier(textTable, "text table");
  const isNamed = args !== undefined && !Array.isArray(args);
  const [match, end] = isNamed ? [":litefleet_words", ":litefleet_limit"] : ["?", "?"];
  const condition = where === undefined ? "" : ` AND rowid IN (SELECT ${rowid} FROM ${from} WHERE (${where}\n))`;
  const sql = `SELECT rowid FROM ${texts} WHERE ${texts} MATCH ${match}${condition} ORDER BY rank LIMIT ${end}`;
  const bound = isNamed ? { ...args, litefleet_words: words, litefleet_limit: limit } : [words, ...(args ?? []), limit];
  const rows = await executor.prepare(sql).values(bound, toCallOptions(call));
  return rows.map(([id]) => id!);
}

async function readRows(
  executor: Client | Transaction,
  options: CallOptions,
  { rowid, from, select }: Source,
  ids: readonly Value[],
): Promise<Map<Value, Record<string, Value>>> {
  const list = [rowid, ...select.map((name) => quoteIdentifier(name, "column"))].join(", ");
  const sql = `SELECT ${list} FROM ${from} WHERE ${rowid} IN (SELECT value FROM json_each(?))`;
  const rows = await executor.prepare(sql).values([`[${ids.join(",")}]`], toCallOptions(options));
  return new Map(
    rows.map((values) => [values[0]!, Object.fromEntries(select.map((name, i) => [name, values[i + 1]!]))]),
  );
}
