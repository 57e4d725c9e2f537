import { type SQLiteExecuteMethod, SQLitePreparedQuery } from "drizzle-orm-v1/sqlite-core";
import type { Placeholder, SQL } from "drizzle-orm-v1";
import type { BatchItem, BatchResponse } from "drizzle-orm-v1/batch";

// What drizzle-orm 1.0 has at run time and leaves out of its types is reached in this file and nowhere else, so that a new
// version of it is checked in one place. `drizzle-orm-v1` is `drizzle-orm` in the published package.

/** SQL as a LIMIT: at run time drizzle's dialect takes any for one, its types know placeholders alone. */
export function asLimit(limit: SQL): Placeholder {
  return limit as unknown as Placeholder;
}

/** How a prepared query makes its answer of a result. */
interface AnswerParts {
  readonly executeMethod: SQLiteExecuteMethod;
  readonly mapper: ((rows: unknown[]) => unknown) | undefined;
}

/** How `query` makes its answer: private in the types. */
export function answerParts(query: SQLitePreparedQuery): AnswerParts {
  return query as unknown as AnswerParts;
}

/** A query that `batch` can take: drizzle's builders and raw queries all prepare themselves. */
interface Batchable {
  _prepare(): unknown;
}

/** Prepares an item of a batch, or returns `undefined` for what is not a query. */
export function prepareBatchItem(item: unknown): SQLitePreparedQuery | undefined {
  if (!isBatchable(item)) return undefined;
  const prepared = item._prepare();
  return prepared instanceof SQLitePreparedQuery ? prepared : undefined;
}

/** The results of a batch, under the types that its queries promise: each was mapped by its own query. */
export function asBatchResponse<T extends readonly BatchItem<"sqlite">[]>(results: unknown[]): BatchResponse<T> {
  return results as BatchResponse<T>;
}

function isBatchable(item: unknown): item is Batchable {
  return typeof item === "object" && item !== null && "_prepare" in item && typeof item._prepare === "function";
}
