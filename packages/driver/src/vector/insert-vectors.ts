import type { BatchStatement, CallOptions, Client, InValue, Transaction } from "../api.ts";
import { forgetColumns } from "./column-cache.ts";
import { encodeForColumn } from "./encode-for-column.ts";
import { findColumn } from "./find-index.ts";
import type { FoundColumn } from "./find-index.ts";
import { quoteIdentifier } from "./identifier.ts";

/** A row to insert: column names to values. Numbers in an array, iterable or typed array other than `Uint8Array` are a vector. */
export type VectorRow = Readonly<Record<string, InValue | Iterable<number>>>;

/** What {@link insertVectors} takes besides the rows. */
export interface InsertVectorsOptions extends Pick<CallOptions, "signal"> {
  /** Rows in a transaction and a round trip, 1 to 10,000. Default 500. */
  readonly batchSize?: number;
  /** Called after each batch with the number of rows that are in the table for good (or in the transaction). */
  readonly onProgress?: (inserted: number) => void;
}

/**
 * Inserts rows with vectors, in batches: each batch is one transaction, so after an error or an abort the batches before it are in the
 * table, and `onProgress` has told how many rows those are. Inside a transaction all belongs to that. Holds one batch in
 * memory, whatever the number of rows. The first row says which columns there are.
 *
 * With an index each row costs some milliseconds; for more rows than the table has, drop the index before and create it afterwards.
 *
 * @param rows an array, iterable or async iterable, such as a generator that reads a file.
 * @returns how many rows were inserted.
 * @throws {RangeError} for a vector of the wrong size, or a row with other columns than the first. Its batch is not inserted.
 * @throws {TypeError} for numbers in a column that is not declared as a vector.
 * @throws {LitefleetError} `ABORTED` when the signal fires.
 * @example await insertVectors(client, "words", [{ word: "sea", embedding: [0.1, 0.2] }], { batchSize: 1000 });
 */
export async function insertVectors(
  executor: Client | Transaction,
  table: string,
  rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
  options: InsertVectorsOptions = {},
): Promise<number> {
  const { batchSize = 500, onProgress, signal } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 10_000) {
    throw new RangeError(`Expected batchSize from 1 to 10000, got ${batchSize}`);
  }
  let insert: RowInsert | undefined;
  let inserted = 0;
  let batch: BatchStatement[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await runBatch(executor, batch, { signal });
    inserted += batch.length;
    batch = [];
    onProgress?.(inserted);
  };
  for await (const row of rows) {
    insert ??= await RowInsert.prepare(executor, table, row);
    batch.push(insert.statement(row, inserted + batch.length));
    if (batch.length === batchSize) await flush();
  }
  await flush();
  forgetColumns(executor);
  return inserted;
}

async function runBatch(executor: Client | Transaction, batch: BatchStatement[], options: CallOptions): Promise<void> {
  if ("capabilities" in executor) await executor.batch(batch, "write", options);
  else await executor.batch(batch, options);
}

/** The INSERT for rows of the same columns. */
class RowInsert {
  readonly #sql: string;
  readonly #names: readonly string[];
  readonly #columns: ReadonlyMap<string, FoundColumn>;

  private constructor(sql: string, names: readonly string[], columns: ReadonlyMap<string, FoundColumn>) {
    this.#sql = sql;
    this.#names = names;
    this.#columns = columns;
  }

  static async prepare(executor: Client | Transaction, table: string, first: VectorRow): Promise<RowInsert> {
    const names = Object.keys(first);
    if (names.length === 0) throw new RangeError("Expected rows with at least one column");
    const columns = new Map<string, FoundColumn>();
    for (const name of names) columns.set(name, await findColumn(executor, table, name));
    const list = names.map((name) => quoteIdentifier(name, "column")).join(", ");
    const sql = `INSERT INTO ${quoteIdentifier(table, "table")} (${list}) VALUES (${names.map(() => "?").join(", ")})`;
    return new RowInsert(sql, names, columns);
  }

  statement(row: VectorRow, index: number): BatchStatement {
    const count = Object.keys(row).length;
    if (count !== this.#names.length || !this.#names.every((name) => Object.hasOwn(row, name))) {
      throw new RangeError(`Row ${index} has other columns than the first: ${Object.keys(row).join(", ")}`);
    }
    return [this.#sql, this.#names.map((name) => this.#value(name, row[name], index))];
  }

  #value(name: string, value: VectorRow[string] | undefined, index: number): InValue {
    const column = this.#columns.get(name);
    if (column?.kind === undefined) {
      if (Array.isArray(value)) throw new TypeError(`Column ${name} of row ${index} is not declared as a vector`);
      return value as InValue;
    }
    if (value === null) return null;
    try {
      return encodeForColumn(value as Iterable<number>, column).blob;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
      const Failure = error instanceof RangeError ? RangeError : TypeError;
      throw new Failure(`Column ${name} of row ${index}: ${error.message}`, { cause: error });
    }
  }
}
