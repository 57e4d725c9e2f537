import type { Client, Transaction, Value } from "../api.ts";
import { unsupported } from "../errors.ts";
import { knownColumn } from "./column-cache.ts";
import { quoteIdentifier } from "./identifier.ts";
import { Parameters } from "./search-statement.ts";
import { vectorSearch } from "./vector-search.ts";
import type { VectorSearchOptions } from "./vector-search.ts";

/** What {@link hybridSearch} takes: a vector search, and words to look for beside it. */
export interface HybridSearchOptions extends VectorSearchOptions {
  /** The FTS5 table, whose rowids are those of `table` (as with `content=`). Without quotes. */
  readonly textTable: string;
  /** What to look for: words, of which any may occur. FTS5's own syntax has no meaning here. */
  readonly text: string;
}

/** A row that was found by its vector, its text or both. */
export interface HybridMatch {
  readonly rowid: number | bigint | string;
  /** Sum of 1 ÷ (60 + rank) over the searches that found it: higher is better. */
  readonly score: number;
  /** `undefined` for a row that only its text found. */
  readonly distance: number | undefined;
  readonly [column: string]: Value | undefined;
}

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
export async function hybridSearch(
  executor: Client | Transaction,
  options: HybridSearchOptions,
): Promise<HybridMatch[]> {
  if ("capabilities" in executor && !executor.capabilities.fullTextSearch) {
    throw unsupported("Full-text search", "Use vectorSearch()");
  }
  const { k = 10, text, textTable, ...search } = options;
  const depth = Math.min(10_000, 5 * k);
  const words = toMatch(text);
  const byVector = await vectorSearch(executor, { ...search, k: depth, select: [] });
  const byText = await textRowids(executor, options, quoteIdentifier(textTable, "text table"), words, depth);
  const scores = new Map<Value, number>();
  for (const ranked of [byVector.map(({ rowid }) => rowid), byText]) {
    for (const [rank, rowid] of ranked.entries()) {
      scores.set(rowid, (scores.get(rowid) ?? 0) + 1 / (rankOffset + rank + 1));
    }
  }
  const best = [...scores].toSorted((a, b) => b[1] - a[1]).slice(0, k);
  const distances = new Map<Value, number>(byVector.map(({ rowid, distance }) => [rowid, distance]));
  const rows = await readRows(
    executor,
    options,
    best.map(([rowid]) => rowid),
  );
  return best.flatMap(([rowid, score]) => {
    const row = rows.get(rowid);
    return row === undefined
      ? []
      : [{ ...row, rowid: rowid as HybridMatch["rowid"], score, distance: distances.get(rowid) }];
  });
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
  { table, where, args }: HybridSearchOptions,
  textTable: string,
  words: string,
  limit: number,
): Promise<Value[]> {
  const parameters = new Parameters(args);
  const terms = [`${textTable} MATCH ${parameters.add("words", words)}`];
  if (where !== undefined) {
    parameters.addGiven();
    terms.push(`rowid IN (SELECT rowid FROM ${quoteIdentifier(table)} WHERE (${where}\n))`);
  }
  const end = parameters.add("limit", limit);
  const sql = `SELECT rowid FROM ${textTable} WHERE ${terms.join(" AND ")} ORDER BY rank LIMIT ${end}`;
  const rows = await executor.prepare(sql).values(parameters.args(where));
  return rows.map(([rowid]) => rowid!);
}

async function readRows(
  executor: Client | Transaction,
  { table, column, select }: HybridSearchOptions,
  rowids: readonly Value[],
): Promise<Map<Value, Record<string, Value>>> {
  const names = select ?? (await knownColumn(executor, table, column)).column.others;
  const list = ["rowid", ...names.map((name) => quoteIdentifier(name, "column"))].join(", ");
  const sql = `SELECT ${list} FROM ${quoteIdentifier(table)} WHERE rowid IN (SELECT value FROM json_each(?))`;
  const rows = await executor.prepare(sql).values([`[${rowids.join(",")}]`]);
  return new Map(
    rows.map((values) => [values[0]!, Object.fromEntries(names.map((name, i) => [name, values[i + 1]!]))]),
  );
}
