import type { BatchStatement, CallOptions, Client, Transaction } from "../api.ts";
import { forgetColumns } from "./column-cache.ts";
import { planInsert } from "./insert-plan.ts";
import type { IndexDuringInsert, InsertVectorsPlan } from "./insert-plan.ts";
import { resumedSql, suspendedSql } from "./read-index.ts";
import { readTable } from "./read-table.ts";
import { RowInsert } from "./row-insert.ts";
import type { VectorRow } from "./row-insert.ts";
import { replaceIndexes } from "./vector-index.ts";

/** What {@link insertVectors} takes besides the rows. */
export interface InsertVectorsOptions extends Pick<CallOptions, "signal"> {
  /** Rows in a transaction and a round trip, 1 to 10,000. Default 500. */
  readonly batchSize?: number;
  /** Called after each batch with the number of rows that are in the table for good (or in the transaction). */
  readonly onProgress?: (inserted: number) => void;
  /**
   * What becomes of the vector indexes on the columns that are filled. `"keep"`: each row goes into them as it comes. `"rebuild"`:
   * they are emptied before and built anew at the end; the rows are there sooner, and until the end searches look at every one. `"auto"`:
   * whichever costs less, see {@link InsertVectorsPlan}. Default `"keep"`.
   */
  readonly index?: IndexDuringInsert | "auto";
  /** How many rows will come, where `rows` does not tell (an array does), for the choice that `index` leaves. */
  readonly count?: number;
  /** Called once before the first row is inserted. If it throws, nothing has changed. */
  readonly onPlan?: (plan: InsertVectorsPlan) => void;
}

/**
 * Inserts rows with vectors, in batches: each batch is one transaction, so after an error or an abort the batches before it are in the
 * table, and `onProgress` has told how many rows those are. Inside a transaction all belongs to that. Holds one batch in
 * memory, whatever the number of rows. The first row says which columns there are.
 *
 * With `index: "rebuild"` the indexes are built anew after an error too, but not after an abort or inside
 * a transaction, whose rollback gives them back. If the process ends before that, they
 * stay in the schema, emptied: {@link vectorIndexInfo} says `isSuspended`, searches look at every row, and {@link rebuildVectorIndex}
 * or another insert with `"rebuild"` builds them.
 *
 * @param rows an array, iterable or async iterable, such as a generator that reads a file.
 * @returns how many rows were inserted.
 * @throws {RangeError} for a vector of the wrong size, or a row with other columns than the first. Its batch is not inserted.
 * @throws {TypeError} for numbers in a column that is not declared as a vector.
 * @throws {LitefleetError} `ABORTED` when the signal fires.
 * @example await insertVectors(client, "words", [{ word: "sea", embedding: [0.1, 0.2] }], { batchSize: 1000 });
 */
export function insertVectors<Row extends VectorRow<keyof Row>>(
  executor: Client | Transaction,
  table: string,
  rows: Iterable<Row> | AsyncIterable<Row>,
  options?: InsertVectorsOptions,
): Promise<number>;
export async function insertVectors(
  executor: Client | Transaction,
  table: string,
  rows: Iterable<VectorRow> | AsyncIterable<VectorRow>,
  options: InsertVectorsOptions = {},
): Promise<number> {
  const { batchSize = 500, onProgress, signal } = options;
  checkOptions(options);
  let insert: RowInsert | undefined;
  let rebuild: Rebuild | undefined;
  let inserted = 0;
  let batch: BatchStatement[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await runBatch(executor, batch, { signal });
    inserted += batch.length;
    batch = [];
    onProgress?.(inserted);
  };
  try {
    for await (const row of rows) {
      if (insert === undefined) {
        insert = await RowInsert.prepare(executor, table, row);
        const statement = insert.statement(row, 0);
        rebuild = await startRebuild(executor, table, insert, Array.isArray(rows) ? rows.length : undefined, options);
        batch.push(statement);
      } else {
        batch.push(insert.statement(row, inserted + batch.length));
      }
      if (batch.length === batchSize) await flush();
    }
    await flush();
  } catch (error) {
    // What failed first is what the caller has to hear of; that the indexes are empty can be seen. A transaction takes it back.
    if (signal?.aborted !== true && "capabilities" in executor) await rebuild?.finish().catch(() => undefined);
    throw error;
  } finally {
    forgetColumns(executor);
  }
  await rebuild?.finish();
  return inserted;
}

/** Indexes that were emptied and are to be built anew. */
interface Rebuild {
  finish(): Promise<void>;
}

async function startRebuild(
  executor: Client | Transaction,
  table: string,
  insert: RowInsert,
  length: number | undefined,
  { index = "keep", count = length, batchSize = 500, onPlan }: InsertVectorsOptions,
): Promise<Rebuild | undefined> {
  const whole = insert.indexes.filter(({ isPartial, isSuspended }) => !isPartial || isSuspended);
  if (index === "keep" && onPlan === undefined) return undefined;
  const plan = await planInsert(executor, whole, index, count, batchSize);
  onPlan?.(plan);
  if (plan.index === "keep") return undefined;
  const filled = whole.filter(({ isSuspended }) => !isSuspended);
  if (filled.length > 0)
    await replaceIndexes(
      executor,
      filled.map((each) => [each, suspendedSql(each)]),
    );
  return { finish: () => resume(executor, table, plan.indexes) };
}

/** Builds what is still emptied: another insert may have been first. */
async function resume(executor: Client | Transaction, table: string, names: readonly string[]): Promise<void> {
  const { columns } = await readTable(executor, table);
  const suspended = [...columns.values()]
    .flatMap(({ indexes }) => indexes)
    .filter(({ name, isSuspended }) => isSuspended && names.includes(name));
  if (suspended.length > 0)
    await replaceIndexes(
      executor,
      suspended.map((each) => [each, resumedSql(each)]),
    );
}

function checkOptions({ batchSize = 500, index = "keep", count }: InsertVectorsOptions): void {
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 10_000) {
    throw new RangeError(`Expected batchSize from 1 to 10000, got ${batchSize}`);
  }
  if (index !== "keep" && index !== "rebuild" && index !== "auto") {
    throw new RangeError(`Expected index as "keep", "rebuild" or "auto", got ${JSON.stringify(index)}`);
  }
  if (count !== undefined && !(Number.isInteger(count) && count >= 0)) {
    throw new RangeError(`Expected count as a number of rows, got ${count}`);
  }
}

async function runBatch(executor: Client | Transaction, batch: BatchStatement[], options: CallOptions): Promise<void> {
  if ("capabilities" in executor) await executor.batch(batch, "write", options);
  else await executor.batch(batch, options);
}
