import type { ResultSet } from "@litefleet/driver";
import { entityKind, type TablesRelationalConfig, type Column, type SQL } from "drizzle-orm";
import { SQLiteTransaction } from "drizzle-orm/sqlite-core";
import type { LitefleetNestedBatchConfig } from "./batch-config.ts";
import type { Batch } from "./batch.ts";
import type { CacheInvalidation } from "./cache-invalidation.ts";
import type { DatabaseInternals } from "./database-internals.ts";
import { asBatchResponse } from "./drizzle-internals.ts";
import type { QueryBuilding } from "./session.ts";
import type { TransactionSession } from "./transaction-session.ts";

/**
 * An open transaction, as `db.transaction` hands it to its callback: everything that the database can do, inside the
 * transaction. It is over when the callback has settled.
 */
export class LitefleetTransaction<
  TFullSchema extends Record<string, unknown>,
  TSchema extends TablesRelationalConfig,
> extends SQLiteTransaction<"async", ResultSet, TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "LitefleetTransaction";

  readonly #session: TransactionSession<TFullSchema, TSchema>;

  /** Runs queries in order inside this transaction. If one fails, so does the batch; see {@link Batch}. */
  readonly batch: Batch<[config?: LitefleetNestedBatchConfig]>;

  /** @internal */
  constructor(
    session: TransactionSession<TFullSchema, TSchema>,
    building: QueryBuilding<TSchema>,
    invalidation: CacheInvalidation | undefined,
    nestedIndex: number,
  ) {
    super("async", building.dialect, session, building.schema, nestedIndex);
    this.#session = session;
    this.batch = async (queries, config) => asBatchResponse(await session.batch(queries, config));
    if (invalidation !== undefined) this.$cache = { invalidate: (params) => invalidation.written(params) };
  }

  /** What helpers such as `nearest()` need; subject to change. */
  get $internals(): DatabaseInternals<SQL, Column> {
    return this.#session.internals;
  }

  /**
   * Runs `callback` in a nested transaction, which is a savepoint: when it rejects, what was done in it is undone, and
   * the outer transaction goes on if it catches the error. Nested transactions started at the same time run one after
   * the other.
   */
  override transaction<T>(callback: (tx: LitefleetTransaction<TFullSchema, TSchema>) => Promise<T>): Promise<T> {
    return this.#session.transaction(callback);
  }
}
