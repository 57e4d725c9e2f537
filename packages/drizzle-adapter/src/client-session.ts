import type { Client, InStatement, Transaction, TransactionMode } from "@litefleet/driver";
import { entityKind, type Logger, type TablesRelationalConfig, type Column, type SQL } from "drizzle-orm";
import type { Cache } from "drizzle-orm/cache/core";
import type { LitefleetBatchConfig } from "./batch-config.ts";
import { runBatch } from "./batch.ts";
import { CollectedInvalidation, ImmediateInvalidation } from "./cache-invalidation.ts";
import type { DatabaseInternals } from "./database-internals.ts";
import { driverError } from "./driver-error.ts";
import { LitefleetSession, type QueryBuilding } from "./session.ts";
import { type LitefleetTransactionConfig, toTransactionMode } from "./transaction-config.ts";
import { TransactionSession } from "./transaction-session.ts";
import type { LitefleetTransaction } from "./transaction.ts";

/** A session on a client: each query stands for itself. */
export class ClientSession<
  TFullSchema extends Record<string, unknown>,
  TSchema extends TablesRelationalConfig,
> extends LitefleetSession<TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "LitefleetClientSession";

  readonly #client: Client;

  constructor(building: QueryBuilding<TSchema>, client: Client, options: { logger: Logger; cache: Cache | undefined }) {
    const { cache } = options;
    super(building, { executor: client, ...options, invalidation: cache && new ImmediateInvalidation(cache) });
    this.#client = client;
  }

  get internals(): DatabaseInternals<SQL, Column> {
    return this.internalsOn(this.#client);
  }

  override async transaction<T>(
    callback: (tx: LitefleetTransaction<TFullSchema, TSchema>) => Promise<T>,
    config: LitefleetTransactionConfig = {},
  ): Promise<T> {
    const { behavior = "immediate", ...options } = config;
    const mode = toTransactionMode(behavior);
    const { invalidation } = this.context;
    const written = invalidation && new CollectedInvalidation();
    let rejection: unknown;
    const attempt = async (transaction: Transaction): Promise<T> => {
      const session = new TransactionSession<TFullSchema, TSchema>(this.building, transaction, {
        logger: this.context.logger,
        invalidation: written,
      });
      try {
        return await callback(session.toTransaction());
      } catch (error) {
        rejection = error;
        throw error;
      }
    };
    let result: T;
    try {
      result = await this.#client.transaction(attempt, { ...options, mode });
    } catch (error) {
      // Also after a failure: a commit whose answer was lost may have been done.
      if (invalidation !== undefined) await written?.passTo(invalidation).catch(() => {});
      // The driver may reject with its own error that drizzle wrapped for the callback; the caller hears the same.
      throw driverError(rejection) === error ? rejection : error;
    }
    if (invalidation !== undefined) await written?.passTo(invalidation);
    return result;
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
