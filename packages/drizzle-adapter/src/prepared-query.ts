import type { Executor, InValue, PreparedStatement, ResultSet, Value } from "@litefleet/driver";
import { DrizzleQueryError, entityKind, fillPlaceholders, type Logger, type Query } from "drizzle-orm";
import type { Cache } from "drizzle-orm/cache/core";
import type { WithCacheConfig } from "drizzle-orm/cache/core/types";
import type { PreparedQueryConfig, SelectedFieldsOrdered, SQLiteExecuteMethod } from "drizzle-orm/sqlite-core";
import { blobsToBuffers, blobToBuffer } from "./blobs.ts";
import { type CacheInvalidation, invalidateAfter } from "./cache-invalidation.ts";
import {
  asDriverArgs,
  asResultSet,
  PreparedQueryWithInternals,
  rowMapper,
  type RowMapper,
} from "./drizzle-internals.ts";
import { checkFilled } from "./integers.ts";
import { rawRows, resultSetValues } from "./raw-rows.ts";

/** What drizzle knows about a built query beyond its text. */
export interface QueryMetadata {
  readonly type: "select" | "update" | "delete" | "insert";
  readonly tables: string[];
}

/** Turns all rows of a relational query into what it promises. */
export type RowsMapper = (rows: unknown[][], mapColumnValue?: (value: unknown) => unknown) => unknown;

/** What a prepared query is made of. */
interface PreparedQueryParts {
  readonly query: Query;
  readonly executeMethod: SQLiteExecuteMethod;
  readonly fields: SelectedFieldsOrdered | undefined;
  readonly mapRows: RowsMapper | undefined;
  readonly metadata: QueryMetadata | undefined;
  readonly cacheConfig: WithCacheConfig | undefined;
}

/** Where a prepared query runs: a client or a transaction, with what goes with each call. */
export interface QueryContext {
  readonly executor: Executor;
  readonly logger: Logger;
  /** Answers reads; absent inside transactions, whose reads must see their own writes. */
  readonly cache: Cache | undefined;
  /** Absent where there is no cache. */
  readonly invalidation: CacheInvalidation | undefined;
}

/** A query that keeps its compiled statement between calls. It belongs to the database or transaction that prepared it. */
export class LitefleetPreparedQuery<
  T extends PreparedQueryConfig = PreparedQueryConfig,
> extends PreparedQueryWithInternals<{
  type: "async";
  run: ResultSet;
  all: T["all"];
  get: T["get"];
  values: T["values"];
  execute: T["execute"];
}> {
  static override readonly [entityKind]: string = "LitefleetPreparedQuery";

  readonly #context: QueryContext;
  readonly #parts: PreparedQueryParts;
  #statement: PreparedStatement | undefined;
  #mapper: RowMapper | undefined;

  constructor(context: QueryContext, parts: PreparedQueryParts) {
    const { cache } = context;
    // Drizzle is told of reads only: it would invalidate the cache while a write is still under way.
    const cached = parts.metadata?.type === "select" ? parts.metadata : undefined;
    super("async", parts.executeMethod, parts.query, cache, cached, parts.cacheConfig);
    this.#context = context;
    this.#parts = parts;
  }

  /** Whether running the query writes: `undefined` for SQL given as text, which drizzle knows nothing about. */
  get writes(): boolean | undefined {
    if (this.#parts.mapRows !== undefined) return false;
    const type = this.#parts.metadata?.type;
    return type && type !== "select";
  }

  /** The tables that running the query writes, so far as drizzle knows. */
  get writtenTables(): string[] {
    return this.writes === true ? (this.#parts.metadata?.tables ?? []) : [];
  }

  /** Runs it for its effect and answers with the driver's result. */
  run(placeholderValues?: Record<string, unknown>): Promise<ResultSet> {
    const { executor } = this.#context;
    return this.#send(placeholderValues, (args) => executor.execute(this.query.sql, args));
  }

  /** All rows as arrays of values, as the driver gave them: nothing is decoded. */
  values(placeholderValues?: Record<string, unknown>): Promise<T["values"]> {
    return this.#read(placeholderValues);
  }

  /** All rows, decoded. */
  async all(placeholderValues?: Record<string, unknown>): Promise<T["all"]> {
    if (this.#isMapped) return this.#toAll(await this.#read(placeholderValues));
    return rawRows(await this.#send(placeholderValues, (args) => this.#prepared().raw(args)));
  }

  /** The first row, decoded, or `undefined`. */
  async get(placeholderValues?: Record<string, unknown>): Promise<T["get"]> {
    if (!this.#isMapped) {
      return rawRows(await this.#send(placeholderValues, (args) => this.#prepared().raw(args)))[0];
    }
    // A cache keeps all rows.
    if (this.#isCached) return this.#toFirst((await this.#read(placeholderValues))[0]);
    return this.#toFirst(await this.#send(placeholderValues, (args) => this.#prepared().first(args)));
  }

  /** @internal */
  override mapAllResult(batchResult: unknown): unknown {
    const result = asResultSet(batchResult);
    const rows = resultSetValues(result);
    return this.#isMapped ? this.#toAll(rows) : rawRows({ columns: result.columns, rows });
  }

  /** @internal */
  override mapGetResult(batchResult: unknown): unknown {
    const result = asResultSet(batchResult);
    const rows = resultSetValues(result);
    return this.#isMapped ? this.#toFirst(rows[0]) : rawRows({ columns: result.columns, rows })[0];
  }

  get #isMapped(): boolean {
    return this.#parts.fields !== undefined || this.#parts.mapRows !== undefined;
  }

  /** Whether its rows may come from a cache and go to it. */
  get #isCached(): boolean {
    return this.#context.cache !== undefined && this.#parts.metadata?.type === "select";
  }

  #prepared(): PreparedStatement {
    this.#statement ??= this.#context.executor.prepare(this.query.sql);
    return this.#statement;
  }

  async #send<R>(placeholderValues: Record<string, unknown> = {}, run: (args: InValue[]) => Promise<R>): Promise<R> {
    const { sql } = this.query;
    const { logger, cache, invalidation } = this.#context;
    const params = fillPlaceholders(this.query.params, placeholderValues);
    checkFilled(this.query.params, params);
    logger.logQuery(sql, params);
    if (cache === undefined && invalidation === undefined) {
      try {
        return await run(asDriverArgs(params));
      } catch (error) {
        throw new DrizzleQueryError(sql, params, error instanceof Error ? error : undefined);
      }
    }
    const answer = (): Promise<R> => this.queryWithCache(sql, params, () => run(asDriverArgs(params)));
    return this.writes === true ? invalidateAfter(invalidation, this.writtenTables, answer) : answer();
  }

  #read(placeholderValues: Record<string, unknown> | undefined): Promise<Value[][]> {
    if (!this.#isCached) return this.#send(placeholderValues, (args) => this.#prepared().values(args));
    // A cache may keep rows as JSON, which an ArrayBuffer does not survive and a Buffer does.
    return this.#send(placeholderValues, async (args) => {
      const rows = await this.#prepared().values(args);
      blobsToBuffers(rows);
      return rows;
    });
  }

  #toAll(rows: unknown[][]): unknown {
    const { fields, mapRows } = this.#parts;
    if (mapRows !== undefined) return mapRows(rows, blobToBuffer);
    if (fields === undefined) return rows;
    return blobsToBuffers(rows).map((row) => this.#toObject(fields, row));
  }

  #toFirst(row: unknown[] | undefined): unknown {
    if (row === undefined) return undefined;
    const { fields, mapRows } = this.#parts;
    if (mapRows !== undefined) return mapRows([row], blobToBuffer);
    if (fields === undefined) return row;
    blobsToBuffers([row]);
    return this.#toObject(fields, row);
  }

  #toObject(fields: SelectedFieldsOrdered, row: unknown[]): unknown {
    this.#mapper ??= rowMapper(fields);
    return this.#mapper(row, this.joinsNotNullableMap);
  }
}
