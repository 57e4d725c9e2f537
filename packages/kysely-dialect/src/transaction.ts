import type { TransactionOptions } from "@litefleet/driver";
import type { Kysely, Transaction } from "kysely";
import { withOwnConnection } from "./own-connection.ts";

/** Options of {@link concurrent}. */
export type ConcurrentOptions = Omit<TransactionOptions, "mode">;

/**
 * Runs `callback` in a transaction whose mode and bounds Kysely's own `db.transaction()` cannot say: it is committed when the
 * callback resolves and rolled back when that rejects, which rejects this call with the same error.
 *
 * With `maxRetries` (by default 20 for `"concurrent"`, and for every mode where transactions write beside each other) the whole callback
 * runs again after an error that may not come a second time (`CONFLICT`, `SQLITE_BUSY`), so it should do nothing but work on `trx`.
 *
 * @throws {TypeError} if `db` is a transaction, or not over a {@link LitefleetDialect}.
 * @throws {LitefleetError} `TIMEOUT` or `ABORTED` when the options' limits are met, `CONFLICT` when the retries are spent.
 * @example
 * const total = await transaction(db, (trx) => report(trx), { mode: "deferred", timeoutMs: 2_000 });
 */
export async function transaction<DB, T>(
  db: Kysely<DB>,
  callback: (trx: Transaction<DB>) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (db.isTransaction) {
    throw new TypeError(
      "Expected a Kysely instance, got a transaction: transactions do not nest, use a savepoint of it",
    );
  }
  return db.connection().execute(async (bound) => {
    // `bound` lends its connection to one at a time, and the transaction wants it too.
    const connection = await withOwnConnection(bound, async (own) => own);
    return connection.runInTransaction(() => bound.transaction().execute(callback), options);
  });
}

/**
 * Runs `callback` in a transaction that may run beside other writers, and the whole callback again when it conflicts with
 * one: by default up to 20 times within 30 seconds. On engines with one writer at a time it takes its turn instead, so the
 * same code is right everywhere; `client.capabilities.concurrentWrites` says which it is.
 *
 * The callback may run several times: it should do nothing but work on `trx`.
 *
 * @throws {LitefleetError} `CONFLICT` when the retries are spent, `TIMEOUT` or `ABORTED` when the other limits are met.
 * @example
 * await concurrent(db, async (trx) => {
 *   await trx.updateTable("account").set((eb) => ({ balance: eb("balance", "-", 10) })).where("id", "=", 1).execute();
 *   await trx.updateTable("account").set((eb) => ({ balance: eb("balance", "+", 10) })).where("id", "=", 2).execute();
 * });
 */
export async function concurrent<DB, T>(
  db: Kysely<DB>,
  callback: (trx: Transaction<DB>) => Promise<T>,
  options: ConcurrentOptions = {},
): Promise<T> {
  return transaction(db, callback, { ...options, mode: "concurrent" });
}
