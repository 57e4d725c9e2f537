import type { ResultSet } from "@litefleet/driver";
import { type AnyRelations, type Column, entityKind, type SQL } from "drizzle-orm-v1";
import { SQLiteAsyncTransaction } from "drizzle-orm-v1/sqlite-core/async";
import type { DatabaseInternals } from "../database-internals.ts";
import type { LitefleetNestedBatchConfig } from "../batch-config.ts";
import type { Batch } from "./batch.ts";
import { asBatchResponse } from "./drizzle-internals.ts";
import type { TransactionSession } from "./session.ts";

/**
 * An open transaction, as `db.transaction` hands it to its callback: everything that the database can do, inside the
 * transaction. It is over when the callback has settled.
 */
export class LitefleetTransaction<TRelations extends AnyRelations> extends SQLiteAsyncTransaction<
  "async",
  ResultSet,
  TRelations
> {
  static override readonly [entityKind]: string = "LitefleetTransaction";

  readonly #session: TransactionSession<TRelations>;

  /** Runs queries in order inside this transaction. If one fails, so does the batch; see {@link Batch}. */
  readonly batch: Batch<[config?: LitefleetNestedBatchConfig]>;

  /** What helpers such as `nearest()` need; subject to change. */
  readonly $internals: DatabaseInternals<SQL, Column>;

  /** @internal */
  constructor(session: TransactionSession<TRelations>, nestedIndex: number) {
    super("async", session.dialect, session, session.relations, nestedIndex);
    this.#session = session;
    this.$internals = session.internals;
    this.batch = async (queries, config) => asBatchResponse(await session.batch(queries, config));
  }

  /**
   * Runs `callback` in a nested transaction, which is a savepoint: when it rejects, what was done in it is undone, and
   * the outer transaction goes on if it catches the error. Nested transactions started at the same time run one after
   * the other.
   */
  override transaction<T>(callback: (tx: LitefleetTransaction<TRelations>) => Promise<T>): Promise<T> {
    return this.#session.transaction(callback);
  }
}
