import type { Replicated } from "@libsql/core/api";
import type { BeginOptions, CallOptions, Capabilities, ClientStatus, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement, Engine, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import { splitStatements } from "../sql/split.ts";
import { parseStatement } from "../sql/parse.ts";
import { throwIfAborted } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { BusyTimeout } from "./busy-timeout.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { watchForIdle } from "./idle-transaction.ts";
import { LocalChunks } from "./local-chunks.ts";
import { LocalTransaction } from "./local-transaction.ts";
import type { LocalTransactionHost } from "./local-transaction.ts";
import type { NativeLibrary } from "./native.ts";
import { pragmaScope, SessionPragmas } from "./session-pragmas.ts";
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
  readonly #pool: ConnectionPool;
  readonly #writes: WriteGroup;
  readonly #pragmas = new SessionPragmas();
  readonly #busyTimeout: BusyTimeout;
  readonly #transactions = new Set<LocalTransaction>();
  readonly #transactionHost: LocalTransactionHost;
  #main: Connection;
  #isClosed = false;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.name = options.library.name;
    this.capabilities = options.capabilities;
    this.#queue = options.queue;
    this.#main = options.first;
    this.#busyTimeout = new BusyTimeout(options.timeoutMs);
    this.#pool = new ConnectionPool(() => this.#openConnection(), options.maxConnections);
    const patienceMs = (): number | undefined => this.#busyTimeout.patienceMs;
    const onOther = (statement: BoundStatement): void => this.#afterOther(statement);
    this.#writes = new WriteGroup({
      owner: this,
      connection: () => this.#soundMain(),
      queue: this.#queue,
      acquireTurn: () => this.#acquireTurn({}),
      patienceMs,
      onOther,
    });
    this.#transactionHost = {
      queue: this.#queue,
      patienceMs,
      onOther,
      acquireTurn: (callOptions) => this.#acquireTurn(callOptions),
      onEnd: (transaction, connection) => {
        this.#transactions.delete(transaction);
        if (connection !== this.#main) this.#pool.release(connection);
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
    if (scope === "connection" && pragma.value !== undefined && !this.#options.isMemory) {
      // Connections in use keep what they were opened with; all later ones get it.
      this.#pragmas.remember(pragma.name, statement.sql);
      this.#pool.refresh();
    }
    return this.#read(statement, options);
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: CallOptions,
  ): Promise<RawResult[]> {
    return this.#batch(statements, mode, options);
  }

  migrate(statements: readonly BoundStatement[]): Promise<RawResult[]> {
    return this.#batch(statements, "deferred", { foreignKeys: "off" });
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    const turn = await this.#acquireTurn(this.#limited(options));
    try {
      for (const { sql: one } of splitStatements(sql)) {
        const parsed = parseStatement(one);
        const attempt = (): void => this.#soundMain().exec(one);
        // Inside a transaction of the script the event loop must not be given up: other calls would join it.
        if (this.#main.inTransaction) attempt();
        else await whileBusy(attempt, this.#busyTimeout.patienceMs, options);
        if (parsed.kind !== "write") this.#noteChange({ sql: one, parsed, args: [], intMode: "auto" });
      }
    } finally {
      if (this.#main.inTransaction) this.#main.exec("ROLLBACK");
      turn();
    }
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    return new LocalChunks(async () => {
      throwIfAborted(options.signal);
      const turn = await this.#turnToIterate(statement, options);
      const connection = this.#options.isMemory ? this.#main : await this.#pool.acquire(options);
      const onClose = (): void => {
        if (connection !== this.#main) this.#pool.release(connection);
        turn?.();
      };
      try {
        return {
          rows: await whileBusy(() => connection.open(statement), this.#busyTimeout.patienceMs, options),
          onClose,
        };
      } catch (error) {
        onClose();
        throw error;
      }
    }, options.signal);
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    throwIfAborted(options.signal);
    const { isMemory, library } = this.#options;
    const isWriter = mode === "write" || mode === "concurrent";
    const turn = isMemory || isWriter ? await this.#acquireTurn(this.#limited(options)) : undefined;
    try {
      this.#checkOpen();
      const connection = await this.#connectionFor(turn !== undefined, options);
      const beginSql = isWriter ? "BEGIN IMMEDIATE" : mode === "read" ? library.beginRead : "BEGIN DEFERRED";
      const transaction = await LocalTransaction.begin(
        this.#transactionHost,
        connection,
        turn,
        mode,
        beginSql,
        options,
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
      openConnections: this.#isClosed ? 0 : 1 + this.#pool.size,
      queuedWrites: this.#writes.length + this.#queue.length,
    };
  }

  /** Tells that somebody else may have changed the schema: what statements return is looked up again. */
  schemaMayHaveChanged(): void {
    this.#queue.schemaVersion += 1;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Closing one takes it out of the set, which a loop over a set allows.
    for (const transaction of this.#transactions) transaction.close();
    this.#writes.rejectAll(new LitefleetError("The client was closed while the call waited", "CLIENT_CLOSED"));
    this.#pool.close();
    this.#main.close();
    this.#queue.leave();
  }

  #read(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    // Calls see the writes that were called before them, also those that were not awaited.
    const settled = this.#writes.settled;
    if (settled !== undefined) return settled.then(() => this.#read(statement, options));
    this.#checkOpen();
    if (this.#options.isMemory && this.#queue.isHeld) return this.#readInTurn(statement, options);
    try {
      return this.#main.run(statement);
    } catch (error) {
      if (!isBusy(error)) throw error;
      return whileBusy(() => this.#soundMain().run(statement), this.#busyTimeout.patienceMs, options);
    }
  }

  async #readInTurn(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    const turn = await this.#acquireTurn(this.#limited(options));
    try {
      this.#checkOpen();
      return this.#main.run(statement);
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
      await transaction.commit();
      return results;
    } finally {
      transaction.close();
    }
  }

  #turnToIterate(statement: BoundStatement, options: CallOptions): MaybePromise<(() => void) | undefined> {
    if (!this.#options.isMemory && statement.parsed.kind === "read") return undefined;
    return this.#acquireTurn(this.#limited(options));
  }

  #connectionFor(hasTurn: boolean, options: CallOptions): MaybePromise<Connection> {
    if (this.#options.isMemory) return this.#main;
    return hasTurn ? this.#pool.take() : this.#pool.acquire(options);
  }

  #openConnection(): Connection {
    this.#checkOpen();
    const connection = this.#options.open();
    for (const sql of this.#pragmas.statements()) connection.exec(sql);
    return connection;
  }

  /** The connection of autocommit statements, replaced if an unfinished statement spoils it. */
  #soundMain(): Connection {
    this.#checkOpen();
    if (this.#main.tainted && !this.#options.isMemory) {
      const fresh = this.#openConnection();
      this.#main.close();
      this.#main = fresh;
    }
    return this.#main;
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
    if (statement.parsed.kind === "transaction" && this.#main.inTransaction && !isOwned) this.#main.exec("ROLLBACK");
  }

  /** After a statement that may have changed the schema or a setting of its connection. */
  #noteChange(statement: BoundStatement): void {
    this.#queue.schemaVersion += 1;
    const { pragma } = statement.parsed;
    if (pragma?.value !== undefined && pragmaScope(pragma) === "connection") {
      this.#pragmas.remember(pragma.name, statement.sql);
      this.#pool.refresh();
    }
  }

  /** A call that may wait for the transaction around it must not wait for ever. */
  #limited<O extends CallOptions>(options: O): O {
    if (!this.#queue.isHeld || !isInsideTurnOf(this.#queue)) return options;
    return { ...options, timeoutMs: Math.min(options.timeoutMs ?? insidePatienceMs, insidePatienceMs) };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LitefleetError("The client is closed", "CLIENT_CLOSED");
  }
}
