import { LibsqlError } from "@litefleet/driver";
import type { Transaction, TransactionMode, TransactionOptions } from "@litefleet/driver";
import type { ITXClientDenyList, Types } from "@prisma/client/runtime/client";
import { toPrismaError } from "../driver-error.ts";
import { toKnownRequestError } from "../known-request-error.ts";
import { LitefleetTransaction } from "../litefleet-transaction.ts";
import { QueryableQuestion } from "../queryable-question.ts";
import type { RawRunner } from "../queryable-question.ts";
import { adapterOf } from "./adapter-of.ts";
import { extended, toExtendable } from "./extendable-client.ts";
import type { PrismaExtension } from "./extendable-client.ts";

/** Options of {@link withConcurrentTransactions}: the driver's, for all transactions. */
export type ConcurrentTransactionsOptions = Omit<TransactionOptions, "mode">;

/** Options of one `$transaction` call: the driver's, which hold for all attempts together, and Prisma's, which hold for each of them. */
export interface ConcurrentTransactionOptions extends ConcurrentTransactionsOptions {
  /** Has no effect: the turn among the writers is waited for before Prisma's clock runs. `timeoutMs` bounds that wait. */
  readonly maxWait?: number;
  /** Milliseconds after which Prisma ends an attempt with P2028. Default 5,000. */
  readonly timeout?: number;
  /** Makes it a transaction that takes its turn among the writers, on every engine. */
  readonly isolationLevel?: "Serializable";
}

/** `$transaction` of a client with {@link withConcurrentTransactions}. */
export interface ConcurrentTransaction {
  <Queries extends Types.Public.PrismaPromise<unknown>[]>(
    queries: [...Queries],
    options?: ConcurrentTransactionOptions,
  ): Promise<Types.Utils.UnwrapTuple<Queries>>;
  <Client, Result>(
    this: Client,
    work: (tx: Omit<Client, ITXClientDenyList>) => Promise<Result>,
    options?: ConcurrentTransactionOptions,
  ): Promise<Result>;
}

/** What {@link withConcurrentTransactions} makes of a client. */
export type ConcurrentTransactionsExtension = PrismaExtension<{ $transaction: ConcurrentTransaction }>;

/**
 * A client extension whose `$transaction` writes beside other writers where the engine can (`BEGIN CONCURRENT`: Turso with MVCC) and
 * takes its turn where it cannot; whatever `transactionMode` of the adapter says. A conflict (P2034) runs the whole callback, or the
 * list of queries, anew with the driver's backoff, up to `maxRetries` times (default 20) within `timeoutMs` (default 30,000). So the
 * callback should do nothing but work on `tx`. No other error is retried, and never a COMMIT whose outcome is unknown (P1017).
 *
 * Inside a transaction, `tx.$transaction` is Prisma's own, with a savepoint. Single queries and nested writes are as before.
 *
 * Rejects with P2034 when the retries are spent, with P1008 after `timeoutMs`, and with the driver's `ABORTED` when `signal` fires.
 *
 * @example
 * const prisma = new PrismaClient({ adapter }).$extends(withConcurrentTransactions({ maxRetries: 50 }));
 * await prisma.$transaction(async (tx) => {
 *   const { balance } = await tx.account.findUniqueOrThrow({ where: { id } });
 *   await tx.account.update({ where: { id }, data: { balance: balance - 10 } });
 * });
 */
export function withConcurrentTransactions(
  options: ConcurrentTransactionsOptions = {},
): ConcurrentTransactionsExtension {
  return (client) => {
    const base = toExtendable(client);
    const adapter = adapterOf(base);
    const extension = {
      name: "litefleet-concurrent-transactions",
      client: {
        async $transaction(this: object, work: unknown, own: ConcurrentTransactionOptions = {}): Promise<unknown> {
          const [bounds, prismas] = split(own);
          const start: Start = (what) => base.$transaction.call(this, what, prismas);
          if (isInTransaction(this) || (isList(work) && work.length === 0)) return start(work);
          const { client: driver } = await adapter();
          const mode: TransactionMode = own.isolationLevel === "Serializable" ? "write" : "concurrent";
          const passed = new Set<unknown>();
          try {
            const attempt = (transaction: Transaction): Promise<unknown> =>
              startWithin(transaction, start, base, work).catch((error: unknown) => {
                passed.add(error);
                throw error;
              });
            return await driver.transaction(attempt, { ...options, ...bounds, mode });
          } catch (error) {
            // What came through Prisma is Prisma's already, or the callback's own.
            if (passed.has(error) || !(error instanceof LibsqlError) || error.code === "ABORTED") throw error;
            throw await toKnownRequestError(toPrismaError(error, "transaction"), "The transaction");
          }
        },
      },
    };
    return extended<ConcurrentTransactionsExtension>(base.$extends(extension));
  };
}

/** Prisma's own `$transaction`, on the client that was asked. */
type Start = (work: unknown) => Promise<unknown>;

/** Has Prisma run `work`, a callback or a list, in a transaction that has begun already. */
async function startWithin(transaction: Transaction, start: Start, base: RawRunner, work: unknown): Promise<unknown> {
  let isAdopted = false;
  using question = new QueryableQuestion((queryable) => {
    if (!(queryable instanceof LitefleetTransaction)) return;
    queryable.adopt(transaction);
    isAdopted = true;
  });
  if (isCallback(work)) {
    // Awaited here: at the end of this function the question is closed.
    return await start(async (tx: RawRunner): Promise<unknown> => {
      await question.ask(tx);
      if (!isAdopted) throw new TypeError("Another extension has kept the transaction from this one");
      return await work(tx);
    });
  }
  const results = await start(isList(work) ? [question.ask(base), ...work] : work);
  return isList(results) ? results.slice(1) : results;
}

function isCallback(work: unknown): work is (tx: object) => unknown {
  return typeof work === "function";
}

function isList(work: unknown): work is readonly unknown[] {
  return Array.isArray(work);
}

/** The options for the driver and those for Prisma. */
function split(options: ConcurrentTransactionOptions): [bounds: ConcurrentTransactionsOptions, prismas: object] {
  const { maxWait, timeout, isolationLevel, ...bounds } = options;
  return [bounds, { maxWait, timeout, isolationLevel }];
}

/** Prisma takes `$connect` away from the client in a transaction. */
function isInTransaction(client: object): boolean {
  return typeof Reflect.get(client, "$connect") !== "function";
}
