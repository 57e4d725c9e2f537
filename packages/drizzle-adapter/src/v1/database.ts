import type { Client, ResultSet } from "@litefleet/driver";
import { type AnyRelations, type Column, type EmptyRelations, entityKind, type SQL } from "drizzle-orm-v1";
import type { Cache } from "drizzle-orm-v1/cache/core";
import { SQLiteAsyncDatabase, type SQLiteWithReplicas, withReplicas } from "drizzle-orm-v1/sqlite-core/async";
import type { LitefleetBatchConfig } from "../batch-config.ts";
import { databaseCache } from "../database-cache.ts";
import type { DatabaseInternals } from "../database-internals.ts";
import type { LitefleetTransactionConfig } from "../transaction-config.ts";
import type { Batch } from "./batch.ts";
import { asBatchResponse } from "./drizzle-internals.ts";
import type { ClientSession } from "./session.ts";
import type { LitefleetTransaction } from "./transaction.ts";

/** `db.transaction`: see {@link LitefleetDatabase.transaction}. */
type RunTransaction<TRelations extends AnyRelations> = <T>(
  callback: (tx: LitefleetTransaction<TRelations>) => Promise<T>,
  config?: LitefleetTransactionConfig,
) => Promise<T>;

/**
 * Drizzle's database over a Litefleet client; made by `drizzle()`. `await using` closes the client if `drizzle()` opened
 * it, and leaves alone one that was passed in.
 */
export class LitefleetDatabase<TRelations extends AnyRelations = EmptyRelations>
  extends SQLiteAsyncDatabase<"async", ResultSet, TRelations>
  implements AsyncDisposable
{
  static override readonly [entityKind]: string = "LitefleetDatabase";

  // Drizzle's withReplicas makes an object whose prototype this is: what it calls may use no private member of `this`.

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
  readonly batch: Batch<[config?: LitefleetBatchConfig]>;

  /**
   * Runs `callback` in a transaction: commits when it resolves; rolls back when it rejects, and rejects with the same
   * error. With `behavior: "concurrent"` the whole callback is run again after a conflict, so it should do nothing
   * outside the database that must not happen twice.
   *
   * @throws {LitefleetError} `CONFLICT` when `maxRetries` are spent, `TIMEOUT` after `timeoutMs`, `ABORTED` by `signal`.
   */
  override readonly transaction: RunTransaction<TRelations>;

  readonly #ownedClient: Client | undefined;

  /** What helpers such as `nearest()` need; subject to change. */
  readonly $internals: DatabaseInternals<SQL, Column>;

  /** @internal */
  constructor(session: ClientSession<TRelations>, cache: Cache | undefined, ownedClient: Client | undefined) {
    super("async", session.dialect, session, session.relations);
    this.$internals = session.internals;
    this.batch = async (queries, config) => asBatchResponse(await session.batch(queries, config));
    this.transaction = (callback, config) => session.transaction(callback, config);
    this.#ownedClient = ownedClient;
    if (cache !== undefined) this.$cache = databaseCache(cache);
  }

  /**
   * This database, with others to read from at `$replica`: drizzle's `withReplicas`, with this one as the primary.
   *
   * @param replicas the databases to read from; each stays its owner's to close.
   * @param getReplica chooses one for a query. Default: any of them.
   */
  $withReplicas(replicas: [this, ...this[]], getReplica?: (replicas: this[]) => this): SQLiteWithReplicas<this> {
    return withReplicas(this, replicas, getReplica);
  }

  /** Closes the client if `drizzle()` opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ownedClient?.[Symbol.asyncDispose]();
  }
}
