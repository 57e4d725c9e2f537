import { LitefleetError } from "@litefleet/driver";
import type {
  CallOptions,
  Client,
  RawResult,
  Transaction,
  TransactionMode,
  TransactionOptions,
} from "@litefleet/driver";
import type { AbortableOperationOptions, CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import { addCallerStack } from "./caller-stack.ts";
import { foreignKeysError, turnsForeignKeysOff } from "./foreign-keys-guard.ts";
import type { LastInsertId } from "./last-insert-id.ts";
import { checkParameters } from "./parameters.ts";
import { toQueryResult } from "./query-result.ts";
import { streamRows } from "./stream-rows.ts";

/**
 * A connection as Kysely sees it: the client outside of transactions, the driver's transaction while one is open. It holds
 * nothing by itself, so any number of them may be out; the driver hands out the real ones.
 */
export class LitefleetConnection implements DatabaseConnection {
  readonly #client: Client;
  readonly #options: CallOptions | undefined;
  #transaction: Transaction | undefined;
  /** The transaction that {@link runInTransaction} began, and will end. */
  #lent: Transaction | undefined;
  #running: AbortController | undefined;
  #isReleased = false;
  /** What the next query is to do instead of running its text. */
  #command: (() => Promise<void>) | undefined;
  readonly #lastInsertId: LastInsertId;

  /** @param options for every call. */
  constructor(client: Client, options: Pick<CallOptions, "intMode"> | undefined, lastInsertId: LastInsertId) {
    this.#client = client;
    this.#options = options;
    this.#lastInsertId = lastInsertId;
  }

  /**
   * What queries run on now: the open transaction, else the client.
   *
   * @throws {LitefleetError} `TRANSACTION_CLOSED` once the connection has been given back.
   */
  get runner(): Client | Transaction {
    if (this.#isReleased) throw transactionClosed();
    return this.#transaction ?? this.#client;
  }

  /** What this connection belongs to. */
  get client(): Client {
    return this.#client;
  }

  get isInTransaction(): boolean {
    return this.#transaction !== undefined;
  }

  async executeQuery<R>(query: CompiledQuery, options?: AbortableOperationOptions): Promise<QueryResult<R>> {
    try {
      const command = this.#command;
      if (command !== undefined) {
        this.#command = undefined;
        await command();
        return { rows: [] };
      }
      if (options?.signal !== undefined) return await this.#runCancellable<R>(query);
      // Awaited here and nowhere further in: each promise on the way costs a call more than its statement is worth.
      return this.#toResult<R>(await this.#run(query, this.#options));
    } catch (error) {
      throw addCallerStack(error);
    }
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<R>> {
    if (!isSelect(query)) {
      // SQLite makes every change, and keeps what RETURNING gives, before the first row: there is nothing to stream.
      yield await this.#runCancellable<R>(query);
      return;
    }
    const { sql, parameters } = query;
    checkParameters(parameters);
    const signal = options?.signal;
    const chunks = this.runner.prepare(sql).chunks(parameters, { ...this.#options, signal, chunkSize });
    yield* streamRows(chunks, signal) as AsyncIterableIterator<QueryResult<R>>;
  }

  /** Ends the running query, for Kysely's strategy `"cancel query"`. Its default lets the query go on, unheard. */
  async cancelQuery(): Promise<void> {
    this.#running?.abort();
  }

  /**
   * Ends the running query and the transaction around it, for Kysely's strategy `"kill session"`: what the transaction did is undone,
   * its locks are free, and whatever is still run in it fails with `TRANSACTION_CLOSED`.
   */
  async killSession(): Promise<void> {
    this.#running?.abort();
    this.#transaction?.close();
  }

  /**
   * Begins a transaction, or takes over the one that {@link runInTransaction} has begun.
   *
   * @param send has {@link executeQuery} called at once with the command's query, so that Kysely's log sees it.
   */
  async begin(mode: TransactionMode, send: () => Promise<void>): Promise<void> {
    if (this.#transaction !== undefined) throw new Error("A transaction is already open on this connection");
    await this.#send(send, async () => {
      this.#transaction = this.#lent ?? (await this.#client.transaction(mode));
    });
  }

  /** Commits. If it fails Kysely calls {@link rollback}. */
  async commit(send: () => Promise<void>): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) throw transactionClosed();
    // A lent transaction is committed by its owner, when `run` has resolved.
    await this.#send(send, async () => {
      if (transaction !== this.#lent) await transaction.commit();
    });
    await this.#forget();
  }

  /**
   * Rolls back. Never rejects: Kysely would report that instead of the reason for the rollback, and the transaction of a
   * connection that is gone is rolled back by the database.
   */
  async rollback(send: () => Promise<void>): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    if (!transaction.closed) {
      try {
        await this.#send(send, () => transaction.rollback());
      } catch {
        transaction.close();
      }
    }
    await this.#forget();
  }

  /** Rolls back what was left open. Whatever is still run on this connection fails. */
  release(): void {
    this.#isReleased = true;
    this.#transaction?.close();
  }

  /**
   * Calls `run` with a transaction of the driver open, and again as the driver retries it; the next {@link begin} on this
   * connection takes that transaction over.
   */
  async runInTransaction<T>(run: () => Promise<T>, options: TransactionOptions): Promise<T> {
    return this.#client.transaction(async (transaction) => {
      this.#lent = transaction;
      try {
        return await run();
      } finally {
        this.#lent = undefined;
      }
    }, options);
  }

  #run({ sql, parameters }: CompiledQuery, options: CallOptions | undefined): Promise<RawResult> {
    checkParameters(parameters);
    if (turnsForeignKeysOff(sql)) this.#checkForeignKeys();
    return this.runner.prepare(sql).raw(parameters, options);
  }

  /** Only Kysely's own signal tells that it may want to cancel; it does so by {@link cancelQuery}. */
  async #runCancellable<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const running = new AbortController();
    this.#running = running;
    try {
      return this.#toResult<R>(await this.#run(query, { ...this.#options, signal: running.signal }));
    } finally {
      this.#running = undefined;
    }
  }

  /** What its rows look like, Kysely infers from the query; nothing here could check it. */
  #toResult<R>(result: RawResult): QueryResult<R> {
    return toQueryResult(result, this.#lastInsertId) as QueryResult<R>;
  }

  #checkForeignKeys(): void {
    const error = foreignKeysError(this.#transaction !== undefined, this.#client.status().engine);
    if (error !== undefined) throw error;
  }

  async #send(send: () => Promise<void>, command: () => Promise<void>): Promise<void> {
    this.#command = command;
    try {
      await send();
    } finally {
      this.#command = undefined;
    }
  }

  /**
   * Back to the client. Queries of the transaction that nobody waited for may still be on their way here, and Kysely lets
   * them pass until this call has returned: after one turn of the event loop they have all come, and failed as they must.
   */
  async #forget(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#transaction = undefined;
  }
}

/** Whether a query reads and does nothing else; of raw SQL, whether that can be seen at its beginning. */
function isSelect({ query, sql }: CompiledQuery): boolean {
  return query.kind === "SelectQueryNode" || (query.kind === "RawNode" && /^\s*(?:select|values)\b/iu.test(sql));
}

function transactionClosed(): LitefleetError {
  return new LitefleetError("The transaction or connection of this query has ended", "TRANSACTION_CLOSED");
}
