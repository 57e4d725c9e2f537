import { type InStatement, LitefleetBatchError, type ResultSet, type TransactionMode } from "@litefleet/driver";
import { DrizzleQueryError, fillPlaceholders, type Logger } from "drizzle-orm";
import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import { type CacheInvalidation, invalidateAfter } from "./cache-invalidation.ts";
import { asDriverArgs, prepareBatchItem } from "./drizzle-internals.ts";
import { checkFilled } from "./integers.ts";
import { LitefleetPreparedQuery } from "./prepared-query.ts";

/**
 * Runs queries in order, in one transaction and one round trip, and answers with the result of each. If one fails none
 * has happened; the error names that query and its `cause` is a `LitefleetBatchError` with its index.
 */
export type Batch<TConfig extends unknown[]> = <U extends BatchItem<"sqlite">, T extends Readonly<[U, ...U[]]>>(
  queries: T,
  ...config: TConfig
) => Promise<BatchResponse<T>>;

/** Where a batch runs. */
interface BatchTarget {
  readonly logger: Logger;
  readonly invalidation: CacheInvalidation | undefined;
  /** Runs the statements together; `mode` is what their queries call for. */
  send(statements: InStatement[], mode: TransactionMode): Promise<ResultSet[]>;
}

interface BatchQuery {
  readonly sql: string;
  readonly params: unknown[];
  readonly writes: boolean | undefined;
  readonly writtenTables: string[];
  map(result: ResultSet): unknown;
}

/** Runs a batch against `target`. */
export async function runBatch(
  items: readonly unknown[],
  target: BatchTarget,
  placeholders: Readonly<Record<string, unknown>> = {},
): Promise<unknown[]> {
  const queries = items.map((item, index) => toBatchQuery(item, index, placeholders));
  for (const { sql, params } of queries) target.logger.logQuery(sql, params);
  const statements = queries.map(({ sql, params }) => ({ sql, args: asDriverArgs(params) }));
  const tables = [...new Set(queries.flatMap((query) => query.writtenTables))];
  try {
    const results = await invalidateAfter(target.invalidation, tables, () => target.send(statements, modeOf(queries)));
    return results.map((result, index) => queries[index]?.map(result));
  } catch (error) {
    throw withFailedQuery(error, queries);
  }
}

function toBatchQuery(item: unknown, index: number, placeholders: Readonly<Record<string, unknown>>): BatchQuery {
  const prepared = prepareBatchItem(item);
  if (prepared === undefined) {
    throw new TypeError(
      `Item ${index} of the batch is not a query; pass queries that have not been run, such as db.select().from(users)`,
    );
  }
  const { sql, params } = prepared.getQuery();
  // One that has no value makes this throw before anything is sent.
  const filled = fillPlaceholders(params, placeholders);
  checkFilled(params, filled);
  const known = prepared instanceof LitefleetPreparedQuery ? prepared : undefined;
  return {
    sql,
    params: filled,
    writes: known?.writes,
    writtenTables: known?.writtenTables ?? [],
    map: (result) => prepared.mapResult(result, true),
  };
}

/** A batch that will write takes its turn at once: an upgrade after a read could fail. Raw SQL may do either. */
function modeOf(queries: readonly BatchQuery[]): TransactionMode {
  if (queries.some((query) => query.writes === true)) return "write";
  return queries.every((query) => query.writes === false) ? "read" : "deferred";
}

function withFailedQuery(error: unknown, queries: readonly BatchQuery[]): unknown {
  if (!(error instanceof LitefleetBatchError)) return error;
  const query = queries[error.statementIndex];
  return query === undefined ? error : new DrizzleQueryError(query.sql, query.params, error);
}
