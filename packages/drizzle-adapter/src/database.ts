import type { Client, ResultSet } from "@litefleet/driver";
import { entityKind, type ExtractTablesWithRelations, type Column, type SQL } from "drizzle-orm";
import type { Cache } from "drizzle-orm/cache/core";
import { BaseSQLiteDatabase, type SQLiteWithReplicas, withReplicas } from "drizzle-orm/sqlite-core";
import type { LitefleetBatchConfig } from "./batch-config.ts";
import type { Batch } from "./batch.ts";
import type { ClientSession } from "./client-session.ts";
import { databaseCache } from "./database-cache.ts";
import type { DatabaseInternals } from "./database-internals.ts";
import { asBatchResponse } from "./drizzle-internals.ts";
import type { QueryBuilding } from "./session.ts";
import type { LitefleetTransactionConfig } from "./transaction-config.ts";
import type { LitefleetTransaction } from "./transaction.ts";

/**
 * Drizzle's database over a Litefleet client; made by `drizzle()`. `await using` closes the client if `drizzle()` opened
 * it, and leaves alone one that was passed in.
 */
export class LitefleetDatabase<TSchema extends Record<string, unknown> = Record<string, never>>
  extends BaseSQLiteDatabase<"async", ResultSet, TSchema>
  implements AsyncDisposable
{
  static override readonly [entityKind]: string = "LitefleetDatabase";

  readonly #session: ClientSession<TSchema, ExtractTablesWithRelations<TSchema>>;
  readonly #ownedClient: Client | undefined;

  /**
   * Runs queries in order, in one transaction and one round trip, and answers with the result of each. If one fails
   * none has happened.
   *
   * @example
   * ```ts
   * const [created, all] = await db.batch([
   *   db.insert(users).values({ name: "Ada" }).returning(),
   *   db.query.users.findMany(),
   * ]);
   * ```
   */
  // An own property, not a method: drizzle's withReplicas copies only those.
  readonly batch: Batch<[config?: LitefleetBatchConfig]>;

  /** What helpers such as `nearest()` need; subject to change. */
  readonly $internals: DatabaseInternals<SQL, Column>;

  /** @internal */
  constructor(
    session: ClientSession<TSchema, ExtractTablesWithRelations<TSchema>>,
    building: QueryBuilding<ExtractTablesWithRelations<TSchema>>,
    cache: Cache | undefined,
    ownedClient: Client | undefined,
  ) {
    super("async", building.dialect, session, building.schema);
    this.#session = session;
    this.#ownedClient = ownedClient;
    this.$internals = session.internals;
    this.batch = async (queries, config) => asBatchResponse(await session.batch(queries, config));
    if (cache !== undefined) this.$cache = databaseCache(cache);
  }

  /**
   * Runs `callback` in a transaction: commits when it resolves; rolls back when it rejects, and rejects with the same
   * error. With `behavior: "concurrent"` the whole callback is run again after a conflict, so it should do nothing
   * outside the database that must not happen twice.
   *
   * @throws {LitefleetError} `CONFLICT` when `maxRetries` are spent, `TIMEOUT` after `timeoutMs`, `ABORTED` by `signal`.
   * @example
   * ```ts
   * await db.transaction(async (tx) => {
   *   await tx.update(accounts).set({ cents: sql`cents - 100` }).where(eq(accounts.id, 1));
   *   await tx.update(accounts).set({ cents: sql`cents + 100` }).where(eq(accounts.id, 2));
   * }, { behavior: "concurrent" });
   * ```
   */
  override transaction<T>(
    callback: (tx: LitefleetTransaction<TSchema, ExtractTablesWithRelations<TSchema>>) => Promise<T>,
    config?: LitefleetTransactionConfig,
  ): Promise<T> {
    return this.#session.transaction(callback, config);
  }

  /**
   * This database for writes, and `replicas` for reads: drizzle's `withReplicas`, with this one as the primary.
   *
   * @param replicas the databases to read from; each stays its owner's to close.
   * @param getReplica chooses one for a query. Default: any of them.
   * @example
   * ```ts
   * const db = drizzle(primaryUrl).$withReplicas([drizzle({ url: "file:copy.db", syncUrl: primaryUrl })]);
   * ```
   */
  $withReplicas(replicas: [this, ...this[]], getReplica?: (replicas: this[]) => this): SQLiteWithReplicas<this> {
    return withReplicas(this, replicas, getReplica);
  }

  /** Closes the client if `drizzle()` opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ownedClient?.[Symbol.asyncDispose]();
  }
}
