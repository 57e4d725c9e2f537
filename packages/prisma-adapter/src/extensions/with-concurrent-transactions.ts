import { LibsqlError } from "@litefleet/driver";
import type { Transaction, TransactionMode, TransactionOptions } from "@litefleet/driver";
import type { ITXClientDenyList, Types } from "@prisma/client/runtime/client";
import { toPrismaError } from "../driver-error.ts";
import { toKnownRequestError } from "../known-request-error.ts";
import type { LitefleetQueryable } from "../litefleet-queryable.ts";
import { LitefleetTransaction } from "../litefleet-transaction.ts";
import { QueryableQuestion } from "../queryable-question.ts";
import type { RawRunner } from "../queryable-question.ts";
import { noRows, WatchedQuery } from "../watched-query.ts";
import { adapterOf } from "./adapter-of.ts";
import { extended, toExtendable } from "./extendable-client.ts";
import type { ExtendableClient, PrismaExtension } from "./extendable-client.ts";

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
async function startWithin(
  transaction: Transaction,
  start: Start,
  base: ExtendableClient,
  work: unknown,
): Promise<unknown> {
  let isAdopted = false;
  const adopt = (queryable: LitefleetQueryable): void => {
    if (!(queryable instanceof LitefleetTransaction)) return;
    queryable.adopt(transaction);
    isAdopted = true;
  };
  if (isCallback(work)) {
    using question = new QueryableQuestion(adopt);
    // Awaited here: at the end of this block the question is closed.
    return await start(async (tx: RawRunner): Promise<unknown> => {
      await question.ask(tx);
      if (!isAdopted) throw new TypeError("Another extension has kept the transaction from this one");
      return await work(tx);
    });
  }
  if (!isList(work)) return start(work);
  using question = questionBefore(work, base, adopt);
  const results = await start([question.query, ...work]);
  return isList(results) ? results.slice(1) : results;
}

/**
 * A query to stand before a list and ask where it is run. Of a list whose first query is of a model Prisma keeps the plan, so it is
 * asked by that model.
 */
function questionBefore(
  list: readonly unknown[],
  base: ExtendableClient,
  onAnswer: (queryable: LitefleetQueryable) => void,
): Disposable & { readonly query: unknown } {
  const model = modelOf(list[0], base);
  if (model === undefined) {
    const question = new QueryableQuestion(onAnswer);
    return { query: question.ask(base), [Symbol.dispose]: () => question[Symbol.dispose]() };
  }
  const watched = new WatchedQuery(async (_, { queryable }) => {
    onAnswer(queryable);
    return noRows;
  });
  return { query: model.findMany({ take: watched.take }), [Symbol.dispose]: () => watched[Symbol.dispose]() };
}

interface FindsMany {
  findMany(args: object): unknown;
}

/** The model of a query of Prisma's, which says what it is in its `spec`; `undefined` for a raw one. */
function modelOf(query: unknown, base: ExtendableClient): FindsMany | undefined {
  if (typeof query !== "object" || query === null) return undefined;
  const spec: unknown = Reflect.get(query, "spec");
  const name: unknown = typeof spec === "object" && spec !== null ? Reflect.get(spec, "model") : undefined;
  const model: unknown = typeof name === "string" ? Reflect.get(base, name) : undefined;
  return isFindsMany(model) ? model : undefined;
}

function isFindsMany(model: unknown): model is FindsMany {
  return typeof model === "object" && model !== null && typeof Reflect.get(model, "findMany") === "function";
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
