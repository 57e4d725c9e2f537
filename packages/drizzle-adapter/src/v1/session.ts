import type { Client, InStatement, ResultSet, Transaction, TransactionMode } from "@litefleet/driver";
import { type AnyRelations, type Column, entityKind, type Logger, type Query, type SQL } from "drizzle-orm-v1";
import type { Cache } from "drizzle-orm-v1/cache/core";
import type { QueryMetadata, WithCacheConfig } from "drizzle-orm-v1/cache/core/types";
import { SQLiteAsyncSession } from "drizzle-orm-v1/sqlite-core/async";
import type { SQLiteDialect, SQLiteExecuteMethod } from "drizzle-orm-v1/sqlite-core";
import type { LitefleetBatchConfig, LitefleetNestedBatchConfig } from "../batch-config.ts";
import type { DatabaseInternals } from "../database-internals.ts";
import { driverError } from "../driver-error.ts";
import { type LitefleetTransactionConfig, toTransactionMode } from "../transaction-config.ts";
import { runBatch } from "./batch.ts";
import { LitefleetPreparedQuery, type QueryContext, type RowMode } from "./prepared-query.ts";
import { LitefleetTransaction } from "./transaction.ts";

/** What a session on a client is made of. */
export interface SessionOptions {
  readonly logger: Logger;
  readonly cache: Cache | undefined;
  readonly paramsInErrors: boolean | undefined;
}

interface RunConfig {
  all: unknown;
  get: unknown;
  values: unknown;
  execute: unknown;
}

/** What drizzle's builders run their queries on, over a client or over a transaction. */
abstract class LitefleetSession<TRelations extends AnyRelations> extends SQLiteAsyncSession<
  "async",
  ResultSet,
  TRelations
> {
  static override readonly [entityKind]: string = "LitefleetSession";

  readonly relations: TRelations;
  protected readonly context: QueryContext;

  constructor(dialect: SQLiteDialect, relations: TRelations, context: QueryContext) {
    super(dialect, "async");
    this.relations = relations;
    this.context = context;
  }

  /** What helpers need that are given a database or transaction on this session. */
  get internals(): DatabaseInternals<SQL, Column> {
    const { dialect } = this;
    return {
      executor: this.ownExecutor,
      toQuery: (query) => dialect.sqlToQuery(query),
      columnName: ({ name }) => name,
    };
  }

  protected abstract get ownExecutor(): Client | Transaction;

  override prepareQuery(
    query: Query,
    mode: RowMode,
    _prepare: boolean,
    executeMethod?: SQLiteExecuteMethod,
    // Drizzle's own type: each query knows what its rows are.
    mapper?: Parameters<SQLiteAsyncSession<"async", ResultSet, TRelations>["prepareQuery"]>[4],
    metadata?: QueryMetadata,
    cacheConfig?: WithCacheConfig,
  ): LitefleetPreparedQuery<RunConfig> {
    return new LitefleetPreparedQuery(this.context, { query, mode, executeMethod, mapper, metadata, cacheConfig });
  }
}

/** A session on a client: each query stands for itself. */
export class ClientSession<TRelations extends AnyRelations> extends LitefleetSession<TRelations> {
  static override readonly [entityKind]: string = "LitefleetClientSession";

  readonly #client: Client;

  constructor(dialect: SQLiteDialect, relations: TRelations, client: Client, options: SessionOptions) {
    super(dialect, relations, { executor: client, ...options, written: undefined });
    this.#client = client;
  }

  protected override get ownExecutor(): Client {
    return this.#client;
  }

  override async transaction<T>(
    callback: (tx: LitefleetTransaction<TRelations>) => Promise<T>,
    config: LitefleetTransactionConfig = {},
  ): Promise<T> {
    const { behavior = "immediate", ...options } = config;
    const mode = toTransactionMode(behavior);
    const written = new Set<string>();
    let rejection: unknown;
    const attempt = async (transaction: Transaction): Promise<T> => {
      const context = { ...this.context, executor: transaction, cache: undefined, written };
      const session = new TransactionSession<TRelations>(this.dialect, this.relations, context, transaction);
      try {
        return await callback(session.toTransaction());
      } catch (error) {
        rejection = error;
        throw error;
      }
    };
    try {
      return await this.#client.transaction(attempt, { ...options, mode });
    } catch (error) {
      // The driver may reject with its own error that drizzle wrapped for the callback; the caller hears the same.
      throw driverError(rejection) === error ? rejection : error;
    } finally {
      // Were the cache told earlier, a reader beside the transaction would fill it with the rows of before. Also after a failure:
      // a commit whose answer was lost may have been done.
      if (written.size > 0) await this.context.cache?.onMutate({ tables: [...written] });
    }
  }

  /** Runs queries in one transaction. */
  batch(queries: readonly unknown[], { behavior, placeholders }: LitefleetBatchConfig = {}): Promise<unknown[]> {
    const target = {
      ...this.context,
      send: async (statements: InStatement[], mode: TransactionMode) =>
        this.#client.batch(statements, behavior === undefined ? mode : toTransactionMode(behavior)),
    };
    return runBatch(queries, target, placeholders);
  }
}

/** A session on an open transaction, or on a savepoint in it. */
export class TransactionSession<TRelations extends AnyRelations> extends LitefleetSession<TRelations> {
  static override readonly [entityKind]: string = "LitefleetTransactionSession";

  readonly #transaction: Transaction;
  readonly #depth: number;

  constructor(
    dialect: SQLiteDialect,
    relations: TRelations,
    context: QueryContext,
    transaction: Transaction,
    depth = 0,
  ) {
    super(dialect, relations, context);
    this.#transaction = transaction;
    this.#depth = depth;
  }

  protected override get ownExecutor(): Transaction {
    return this.#transaction;
  }

  /** The transaction as drizzle's users see it. */
  toTransaction(): LitefleetTransaction<TRelations> {
    return new LitefleetTransaction(this, this.#depth);
  }

  /** Runs `callback` inside a savepoint. */
  override transaction<T>(callback: (tx: LitefleetTransaction<TRelations>) => Promise<T>): Promise<T> {
    return this.#transaction.savepoint(async (savepoint) => {
      const context = { ...this.context, executor: savepoint };
      const { dialect, relations } = this;
      const nested = new TransactionSession<TRelations>(dialect, relations, context, savepoint, this.#depth + 1);
      return callback(nested.toTransaction());
    });
  }

  /** Runs queries together inside this transaction. */
  batch(queries: readonly unknown[], { placeholders }: LitefleetNestedBatchConfig = {}): Promise<unknown[]> {
    const target = { ...this.context, send: (statements: InStatement[]) => this.#transaction.batch(statements) };
    return runBatch(queries, target, placeholders);
  }
}
