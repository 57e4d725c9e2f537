import type { Executor } from "../api.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { FoundIndex } from "./read-index.ts";

/** What becomes of the vector indexes of a table during a bulk insert. */
export type IndexDuringInsert = "keep" | "rebuild";

/** What {@link insertVectors} is about to do with the indexes, before it changes anything. */
export interface InsertVectorsPlan {
  /** The vector indexes on the columns to be filled. */
  readonly indexes: readonly string[];
  /** Rows in the largest of them. */
  readonly indexedRows: number;
  /** Rows that will come, where that is known. */
  readonly rows: number | undefined;
  /** What costs less; `"keep"` where there is nothing to choose or the number of rows is not known. */
  readonly cheaper: IndexDuringInsert;
  /** What will be done. */
  readonly index: IndexDuringInsert;
  readonly reason: string;
}

/**
 * Compares the two ways. A row costs an index the same work, some 1 ms, whether it comes by itself or when the index is built; but
 * building does it for the rows that are there, too, and each batch has a transaction to pay: next to nothing with 500 rows in it,
 * nearly as much again as the work with 20. So building anew is cheaper where a small index meets many rows in small batches.
 */
export async function planInsert(
  executor: Executor,
  indexes: readonly FoundIndex[],
  wish: IndexDuringInsert | "auto",
  rows: number | undefined,
  batchSize: number,
): Promise<InsertVectorsPlan> {
  const names = indexes.map(({ name }) => name);
  const plan = (indexedRows: number, cheaper: IndexDuringInsert, reason: string): InsertVectorsPlan => {
    const index = names.length === 0 || wish === "auto" ? cheaper : wish;
    return { indexes: names, indexedRows, rows, cheaper, index, reason };
  };
  if (names.length === 0) return plan(0, "keep", "there is no vector index");
  const counts = await Promise.all(names.map((name) => countRows(executor, name)));
  const indexedRows = Math.max(...counts);
  if (rows === undefined) {
    return plan(indexedRows, "keep", "how many rows will come is not known: say so with count");
  }
  const most = Math.floor(rows * addedByBatches(batchSize));
  const compared = `${rows} rows come in batches of ${batchSize} to the ${indexedRows} in the index`;
  return indexedRows < most
    ? plan(indexedRows, "rebuild", `${compared}: building it anew is cheaper up to ${most}`)
    : plan(indexedRows, "keep", `${compared}: building it anew is cheaper only below ${most}`);
}

/** What a row in a batch costs more than one at the building of an index, as a part of that. */
function addedByBatches(batchSize: number): number {
  return Math.min(0.8, 16 / batchSize);
}

async function countRows(executor: Executor, index: string): Promise<number> {
  const { rows } = await executor.execute(`SELECT count(*) FROM ${quoteIdentifier(`${index}_shadow`)}`);
  return Number(rows[0]?.[0] ?? 0);
}
