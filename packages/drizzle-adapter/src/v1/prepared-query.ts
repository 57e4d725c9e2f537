import type { Executor, InValue, PreparedStatement, ResultSet, Value } from "@litefleet/driver";
import type { Logger, Query } from "drizzle-orm-v1";
import type { Cache } from "drizzle-orm-v1/cache/core";
import type { QueryMetadata, WithCacheConfig } from "drizzle-orm-v1/cache/core/types";
import { SQLiteAsyncPreparedQuery, type SQLiteAsyncPreparedQueryConfig } from "drizzle-orm-v1/sqlite-core/async";
import type { SQLiteExecuteMethod } from "drizzle-orm-v1/sqlite-core";
import { rawRows } from "../raw-rows.ts";

/** In which form a query wants its rows. */
export type RowMode = "arrays" | "objects" | "raw";

/** Where a prepared query runs: a client or a transaction, with what goes with each call. */
export interface QueryContext {
  readonly executor: Executor;
  readonly logger: Logger;
  /** Answers reads; absent inside transactions, whose reads must see their own writes. */
  readonly cache: Cache | undefined;
  readonly paramsInErrors: boolean | undefined;
  /** Collects the tables that are written inside a transaction; outside, drizzle tells the cache itself. */
  readonly written: Set<string> | undefined;
}

/** What a prepared query is made of. */
interface PreparedQueryParts {
  readonly query: Query;
  readonly mode: RowMode;
  readonly executeMethod: SQLiteExecuteMethod | undefined;
  // As drizzle types it: each query knows what its rows are.
  readonly mapper: ConstructorParameters<typeof SQLiteAsyncPreparedQuery>[4];
  readonly metadata: QueryMetadata | undefined;
  readonly cacheConfig: WithCacheConfig | undefined;
}

/** A query that keeps its compiled statement between calls. It belongs to the database or transaction that prepared it. */
export class LitefleetPreparedQuery<
  T extends Omit<SQLiteAsyncPreparedQueryConfig, "type" | "run">,
> extends SQLiteAsyncPreparedQuery<T & { type: "async"; run: ResultSet }> {
  constructor(context: QueryContext, parts: PreparedQueryParts) {
    const { query, mode, executeMethod, mapper, metadata, cacheConfig } = parts;
    const statement = new LazyStatement(context.executor, query.sql);
    const note = <R>(answer: Promise<R>): Promise<R> => noteWritten(answer, context.written, metadata);
    super(
      "async",
      executeMethod,
      {
        all: (params) => note(statement.rows(params, mode)),
        get: (params) => note(statement.first(params, mode)),
        run: (params) => note(context.executor.execute(query.sql, asDriverArgs(params))),
      },
      query,
      mapper,
      mode,
      context.logger,
      context.cache,
      metadata,
      cacheConfig,
      context.paramsInErrors,
    );
  }

  /** Whether running the query writes: `undefined` for SQL given as text, which drizzle knows nothing about. */
  get writes(): boolean | undefined {
    const type = this.queryMetadata?.type;
    return type && type !== "select";
  }

  /** The tables that running the query writes, so far as drizzle knows. */
  get writtenTables(): string[] {
    return this.writes === true ? (this.queryMetadata?.tables() ?? []) : [];
  }
}

/** A statement that is compiled when it is first run. */
class LazyStatement {
  readonly #executor: Executor;
  readonly #sql: string;
  #prepared: PreparedStatement | undefined;

  constructor(executor: Executor, sql: string) {
    this.#executor = executor;
    this.#sql = sql;
  }

  async rows(params: readonly unknown[], mode: RowMode): Promise<(Value[] | Record<string, Value>)[]> {
    const prepared = this.#prepare();
    if (mode === "arrays") return prepared.values(asDriverArgs(params));
    return rawRows(await prepared.raw(asDriverArgs(params)));
  }

  async first(params: readonly unknown[], mode: RowMode): Promise<Value[] | Record<string, Value> | undefined> {
    if (mode === "arrays") return this.#prepare().first(asDriverArgs(params));
    return (await this.rows(params, mode))[0];
  }

  #prepare(): PreparedStatement {
    this.#prepared ??= this.#executor.prepare(this.#sql);
    return this.#prepared;
  }
}

/** Drizzle types parameters as `unknown`; the driver checks each one before the database sees it. */
export function asDriverArgs(params: readonly unknown[]): InValue[] {
  return params as InValue[];
}

/** Also after a failure: a write whose answer was lost may have been done. */
async function noteWritten<R>(
  answer: Promise<R>,
  written: Set<string> | undefined,
  metadata: QueryMetadata | undefined,
): Promise<R> {
  if (written === undefined || metadata === undefined || metadata.type === "select") return answer;
  try {
    return await answer;
  } finally {
    for (const table of metadata.tables()) written.add(table);
  }
}
