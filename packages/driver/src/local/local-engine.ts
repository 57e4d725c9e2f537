import type { Replicated } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  RawResult,
  TransactionMode,
} from "../api.ts";
import type { BoundStatement, Engine, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import { parseRemembered, splitRemembered } from "../sql/remembered.ts";
import { throwIfAborted } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { BusyTimeout } from "./busy-timeout.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { afterTurn, isTurnDue } from "./event-loop.ts";
import { watchForIdle } from "./idle-transaction.ts";
import { LocalChunks } from "./local-chunks.ts";
import type { OpenedRows } from "./local-chunks.ts";
import { LocalTransaction } from "./local-transaction.ts";
import type { LocalTransactionHost, TransactionSteps } from "./local-transaction.ts";
import type { NativeLibrary } from "./native.ts";
import { OpenRows } from "./open-rows.ts";
import { pragmaScope } from "./session-pragmas.ts";
import { WriteGroup } from "./write-group.ts";
import { isInsideTurnOf } from "./transaction-scope.ts";
import type { Release, WriteQueue } from "./write-queue.ts";

/** How long a call from inside a transaction's callback waits for that transaction, in milliseconds: it may wait for itself. */
const insidePatienceMs = 5_000;

/** What a local engine is opened with. */
export interface LocalEngineOptions {
  readonly library: NativeLibrary;
  /** A file path or an in-memory name as the library takes it. */
  readonly path: string;
  /** In memory there is one connection, and every call takes its turn on it. */
  readonly isMemory: boolean;
  readonly capabilities: Capabilities;
  readonly encryptionKey: string | undefined;
  /** Milliseconds to wait for another client's lock. */
  readonly timeoutMs: number | undefined;
  readonly statementCacheSize: number;
  readonly maxConnections: number;
  /** Connections kept open without use. Default 8. */
  readonly maxIdleConnections?: number;
  /** The most autocommit writes that share a transaction. Default 1,000; 1 keeps each in one of its own. */
  readonly maxGroupSize?: number;
  /** The line of writers; the engine leaves it when it closes. */
  readonly queue: WriteQueue;
  /** Opens a connection; the first one is open already. */
  readonly open: () => Connection;
  readonly first: Connection;
}

/**
 * A database of a synchronous SQLite library, in a file or in memory. Autocommit reads run at once on the calling thread,
 * autocommit writes in groups (see {@link WriteGroup}), transactions on connections of their own.
 */
export class LocalEngine implements Engine {
  readonly name: NativeLibrary["name"];
  readonly protocol = "file";
  readonly capabilities: Capabilities;
  readonly #options: LocalEngineOptions;
  readonly #queue: WriteQueue;
  readonly #connections: Connections;
  readonly #writes: WriteGroup;
  readonly #busyTimeout: BusyTimeout;
  readonly #transactions = new Set<LocalTransaction>();
  readonly #iterations = new Set<LocalChunks>();
  readonly #transactionHost: LocalTransactionHost;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.name = options.library.name;
    this.capabilities = options.capabilities;
    this.#queue = options.queue;
    this.#connections = new Connections(options);
    this.#busyTimeout = new BusyTimeout(options.timeoutMs);
    const patienceMs = (): number | undefined => this.#busyTimeout.patienceMs;
    const onOther = (statement: BoundStatement): void => this.#afterOther(statement);
    this.#writes = new WriteGroup({
      owner: this,
      connection: (sql) => this.#connections.mainFor(sql),
      queue: this.#queue,
      acquireTurn: () => this.#acquireTurn({}),
      patienceMs,
      ...(options.maxGroupSize === undefined ? {} : { maxGroupSize: options.maxGroupSize }),
      onOther,
    });
    this.#transactionHost = {
      queue: this.#queue,
      patienceMs,
      onOther,
      acquireTurn: (callOptions) => this.#acquireTurn(callOptions),
      onEnd: (transaction, connection) => {
        this.#transactions.delete(transaction);
        this.#connections.release(connection);
      },
    };
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    throwIfAborted(options.signal);
    const { kind, pragma } = statement.parsed;
    if (kind === "read") return this.#read(statement, options);
    if (pragma === undefined) return this.#writes.push(statement, this.#limited(options));
    if (pragma.name === "busy_timeout") return this.#busyTimeout.answer(pragma.value);
    const scope = pragmaScope(pragma);
    if (scope === "database") return this.#writes.push(statement, this.#limited(options));
    const result = this.#read(statement, options);
    if (scope !== "connection" || pragma.value === undefined) return result;
    const keep = (read: RawResult): RawResult => {
      this.#connections.remember(pragma.name, statement.sql);
      return read;
    };
    return result instanceof Promise ? result.then(keep) : keep(result);
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BatchOptions,
  ): Promise<RawResult[]> {
    return this.#batch(statements, mode, options);
  }

  migrate(statements: readonly BoundStatement[], options: CallOptions = {}): Promise<RawResult[]> {
    return this.#batch(statements, "deferred", { ...options, foreignKeys: "off" });
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    const turn = await this.#acquireTurn(this.#limited(options));
    try {
      for (const { sql: one } of splitRemembered(sql)) {
        const parsed = parseRemembered(one);
        const attempt = (): void => this.#connections.mainFor(one).runOfScript(one, parsed);
        // Inside a transaction of the script the event loop must not be given up: other calls would join it.
        if (this.#connections.main.inTransaction) attempt();
        else await whileBusy(attempt, this.#busyTimeout.patienceMs, options);
        if (parsed.kind !== "write") this.#noteChange({ sql: one, parsed, args: [], intMode: "auto" });
      }
    } finally {
      this.#connections.main.rollBack();
      turn();
    }
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    const chunks: LocalChunks = new LocalChunks(() => this.#openRows(statement, options, chunks), options);
    return chunks;
  }

  /** @param steps how an engine over this one begins and commits. */
  async begin(mode: TransactionMode, options: BeginOptions, steps?: TransactionSteps): Promise<EngineTransaction> {
    throwIfAborted(options.signal);
    const { isMemory, library } = this.#options;
    const isWriter = mode === "write" || mode === "concurrent";
    const turn = isMemory || isWriter ? await this.#acquireTurn(this.#limited(options)) : undefined;
    try {
      this.#connections.checkOpen();
      const connection = await this.#connections.acquire(turn !== undefined, options);
      const beginSql = isWriter ? "BEGIN IMMEDIATE" : mode === "read" ? library.beginRead : "BEGIN DEFERRED";
      const transaction = await LocalTransaction.begin(
        this.#transactionHost,
        connection,
        turn,
        mode,
        beginSql,
        options,
        steps,
      );
      this.#transactions.add(transaction);
      return transaction;
    } catch (error) {
      turn?.();
      throw error;
    }
  }

  sync(): Promise<Replicated> {
    return Promise.reject(
      unsupported("sync()", "Open an embedded replica with `syncUrl` to have a primary to sync with."),
    );
  }

  status(): Omit<ClientStatus, "closed"> {
    return {
      engine: this.name,
      openConnections: this.#connections.size,
      queuedWrites: this.#writes.length + this.#queue.length,
    };
  }

  /** Runs SQL of an engine over this one at once, on the connection of autocommit calls; who calls it has the turn to write. */
  execAtOnce(sql: string): void {
    this.#connections.mainFor(sql).exec(sql);
  }

  /** How many transactions are open now. */
  get openTransactions(): number {
    return this.#transactions.size;
  }

  /** How many iterations are open now. */
  get openIterations(): number {
    return this.#iterations.size;
  }

  /** Tells that somebody else may have changed the schema: what statements return is looked up again. */
  schemaMayHaveChanged(): void {
    this.#queue.schemaVersion += 1;
  }

  close(): void {
    if (this.#connections.isClosed) return;
    this.#connections.stop();
    const closed = (): LitefleetError =>
      new LitefleetError("The client was closed while the call waited", "CLIENT_CLOSED");
    // Closing one takes it out of its set, which a loop over a set allows. Libraries bear no late end of a statement.
    for (const chunks of this.#iterations) chunks.end(closed());
    for (const transaction of this.#transactions) transaction.close();
    this.#writes.rejectAll(closed);
    this.#connections.close();
    this.#queue.leave();
  }

  #read(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    // Calls see the writes that were called before them, also those that were not awaited.
    const settled = this.#writes.settled;
    return settled === undefined
      ? this.#readNow(statement, options)
      : settled.then(() => this.#readNow(statement, options));
  }

  #readNow(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    this.#connections.checkOpen();
    if (this.#options.isMemory && this.#queue.isHeld) return this.#readInTurn(statement, options);
    try {
      const result = this.#runOnMain(statement);
      return isTurnDue() ? afterTurn(result) : result;
    } catch (error) {
      if (!isBusy(error)) throw error;
      return whileBusy(() => this.#runOnMain(statement), this.#busyTimeout.patienceMs, options);
    }
  }

  #runOnMain(statement: BoundStatement): RawResult {
    const { sql, parsed } = statement;
    const main = parsed.kind === "read" ? this.#connections.mainToRead(sql) : this.#connections.mainFor(sql);
    return main.run(statement);
  }

  async #readInTurn(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    const turn = await this.#acquireTurn(this.#limited(options));
    try {
      return this.#runOnMain(statement);
    } finally {
      turn();
    }
  }

  async #batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BeginOptions,
  ): Promise<RawResult[]> {
    const transaction = await this.begin(mode, options);
    try {
      const results = await transaction.batch(statements, options);
      await transaction.commit(options);
      return results;
    } finally {
      transaction.close();
    }
  }

  async #openRows(statement: BoundStatement, options: CallOptions, chunks: LocalChunks): Promise<OpenedRows> {
    throwIfAborted(options.signal);
    // Only a read is streamed: ending a write early would undo it. And in memory the rows are read at once: the one
    // connection cannot be held from one row to the next.
    if (this.#options.isMemory || statement.parsed.kind !== "read") {
      const rows = OpenRows.of(await this.execute(statement, options));
      this.#iterations.add(chunks);
      return { rows, onClose: () => this.#iterations.delete(chunks) };
    }
    await this.#writes.settled;
    const connection = await this.#connections.acquire(false, options);
    const onClose = (): void => {
      this.#iterations.delete(chunks);
      this.#connections.release(connection);
    };
    try {
      const open = (): OpenRows => {
        this.#connections.checkOpen();
        const rows = connection.open(statement);
        this.#iterations.add(chunks);
        return rows;
      };
      return { rows: await whileBusy(open, this.#busyTimeout.patienceMs, options), onClose };
    } catch (error) {
      onClose();
      throw error;
    }
  }

  #acquireTurn(options: CallOptions): Promise<Release> {
    const { patienceMs } = this.#busyTimeout;
    const watch = this.#options.isMemory
      ? watchForIdle(() => this.#transactions.values().next().value, patienceMs)
      : undefined;
    return this.#queue.acquire(this, patienceMs, options, watch);
  }

  #afterOther(statement: BoundStatement): void {
    this.#noteChange(statement);
    // A BEGIN on its own would take every later call into its transaction.
    const isOwned = this.#options.isMemory && this.#transactions.size > 0;
    if (statement.parsed.kind === "transaction" && !isOwned) this.#connections.main.rollBack();
  }

  /** After a statement that may have changed the schema or a setting of its connection. */
  #noteChange({ sql, parsed: { keyword, pragma } }: BoundStatement): void {
    this.#queue.schemaVersion += 1;
    if (keyword === "ATTACH" || keyword === "DETACH") this.#connections.rememberAttached();
    if (pragma?.value !== undefined && pragmaScope(pragma) === "connection")
      this.#connections.remember(pragma.name, sql);
  }

  /** A call that may wait for the transaction around it must not wait for ever. */
  #limited<O extends CallOptions>(options: O): O {
    if (!this.#queue.isHeld || !isInsideTurnOf(this.#queue)) return options;
    return { ...options, timeoutMs: Math.min(options.timeoutMs ?? insidePatienceMs, insidePatienceMs) };
  }
}
