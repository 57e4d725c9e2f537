import { type InStatement, LitefleetBatchError, type ResultSet, type TransactionMode } from "@litefleet/driver";
import { DrizzleQueryError, fillPlaceholders } from "drizzle-orm-v1";
import type { SQLitePreparedQuery } from "drizzle-orm-v1/sqlite-core";
import type { BatchItem, BatchResponse } from "drizzle-orm-v1/batch";
import { rawRows, resultSetValues } from "../raw-rows.ts";
import { answerParts, prepareBatchItem } from "./drizzle-internals.ts";
import { asDriverArgs, LitefleetPreparedQuery, type QueryContext } from "./prepared-query.ts";

/**
 * Runs queries in order, in one transaction and one round trip, and answers with the result of each. If one fails none
 * has happened; the error names that query and its `cause` is a `LitefleetBatchError` with its index.
 */
export type Batch<TConfig extends unknown[]> = <U extends BatchItem<"sqlite">, T extends Readonly<[U, ...U[]]>>(
  queries: T,
  ...config: TConfig
) => Promise<BatchResponse<T>>;

/** Where a batch runs. */
interface BatchTarget extends QueryContext {
  /** Runs the statements together; `mode` is what their queries call for. */
  send(statements: InStatement[], mode: TransactionMode): Promise<ResultSet[]>;
}

interface BatchQuery {
  readonly prepared: SQLitePreparedQuery;
  readonly sql: string;
  readonly params: unknown[];
  readonly writes: boolean | undefined;
  readonly writtenTables: string[];
}

/** Runs a batch against `target`. */
export async function runBatch(
  items: readonly unknown[],
  target: BatchTarget,
  placeholders: Readonly<Record<string, unknown>> = {},
): Promise<unknown[]> {
  const queries = items.map((item, index) => toBatchQuery(item, index, placeholders));
  for (const { sql, params } of queries) target.logger.logQuery(sql, params);
  const tables = new Set(queries.flatMap((query) => query.writtenTables));
  try {
    const statements = queries.map(({ sql, params }) => ({ sql, args: asDriverArgs(params) }));
    const results = await target.send(statements, modeOf(queries));
    return results.map((result, index) => answer(queries[index], result));
  } catch (error) {
    throw withFailedQuery(error, queries, target.paramsInErrors);
  } finally {
    // Also after a failure: a write whose answer was lost may have been done.
    if (target.written !== undefined) for (const table of tables) target.written.add(table);
    else if (tables.size > 0) await target.cache?.onMutate({ tables: [...tables] });
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
  const known = prepared instanceof LitefleetPreparedQuery ? prepared : undefined;
  return {
    prepared,
    sql,
    params: filled,
    writes: known?.writes,
    writtenTables: known?.writtenTables ?? [],
  };
}

function answer(query: BatchQuery | undefined, result: ResultSet): unknown {
  if (query === undefined) return result;
  const { executeMethod, mapper } = answerParts(query.prepared);
  if (executeMethod === "run") return result;
  const values = resultSetValues(result);
  if (executeMethod === "values") return values;
  const rows = query.prepared.mode === "arrays" ? values : rawRows({ columns: result.columns, rows: values });
  if (executeMethod === "all") return mapper === undefined ? rows : mapper(rows);
  const [first] = rows;
  if (first === undefined || mapper === undefined) return first;
  const mapped = mapper([first]);
  return Array.isArray(mapped) ? mapped[0] : mapped;
}

/** A batch that will write takes its turn at once: an upgrade after a read could fail. Raw SQL may do either. */
function modeOf(queries: readonly BatchQuery[]): TransactionMode {
  if (queries.some((query) => query.writes === true)) return "write";
  return queries.every((query) => query.writes === false) ? "read" : "deferred";
}

function withFailedQuery(error: unknown, queries: readonly BatchQuery[], paramsInErrors: boolean | undefined): unknown {
  if (!(error instanceof LitefleetBatchError)) return error;
  const query = queries[error.statementIndex];
  if (query === undefined) return error;
  return new DrizzleQueryError(query.sql, paramsInErrors === true ? query.params : undefined, error);
}
