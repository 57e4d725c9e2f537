import type { InStatement, Transaction } from "@litefleet/driver";
import { entityKind, type TablesRelationalConfig, type Column, type SQL } from "drizzle-orm";
import type { LitefleetNestedBatchConfig } from "./batch-config.ts";
import { runBatch } from "./batch.ts";
import type { DatabaseInternals } from "./database-internals.ts";
import type { QueryContext } from "./prepared-query.ts";
import { LitefleetSession, type QueryBuilding } from "./session.ts";
import { LitefleetTransaction } from "./transaction.ts";

/** A session on an open transaction, or on a savepoint in it. */
export class TransactionSession<
  TFullSchema extends Record<string, unknown>,
  TSchema extends TablesRelationalConfig,
> extends LitefleetSession<TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "LitefleetTransactionSession";

  readonly #transaction: Transaction;
  readonly #depth: number;

  constructor(
    building: QueryBuilding<TSchema>,
    transaction: Transaction,
    context: Pick<QueryContext, "logger" | "invalidation">,
    depth = 0,
  ) {
    // No cache: what is read here may never be committed, and must not be older than what was written here.
    super(building, { ...context, executor: transaction, cache: undefined });
    this.#transaction = transaction;
    this.#depth = depth;
  }

  get internals(): DatabaseInternals<SQL, Column> {
    return this.internalsOn(this.#transaction);
  }

  /** The transaction as drizzle's users see it. */
  toTransaction(): LitefleetTransaction<TFullSchema, TSchema> {
    return new LitefleetTransaction(this, this.building, this.context.invalidation, this.#depth);
  }

  /** Runs `callback` inside a savepoint. */
  override transaction<T>(callback: (tx: LitefleetTransaction<TFullSchema, TSchema>) => Promise<T>): Promise<T> {
    return this.#transaction.savepoint(async (savepoint) => {
      const nested = new TransactionSession<TFullSchema, TSchema>(
        this.building,
        savepoint,
        this.context,
        this.#depth + 1,
      );
      return callback(nested.toTransaction());
    });
  }

  /** Runs queries together inside this transaction. */
  batch(queries: readonly unknown[], { placeholders }: LitefleetNestedBatchConfig = {}): Promise<unknown[]> {
    const target = { ...this.context, send: (statements: InStatement[]) => this.#transaction.batch(statements) };
    return runBatch(queries, target, placeholders);
  }
}
