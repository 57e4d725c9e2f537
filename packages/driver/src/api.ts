import type { InArgs, InStatement, InValue, Replicated, ResultSet, Row, Value } from "@libsql/core/api";
import type { ClientEvents, EngineError } from "./events.ts";
import type { LitefleetError } from "./errors.ts";
import type { Conflict } from "./offline/conflict.ts";

export type { InArgs, InStatement, InValue, Replicated, ResultSet, Row, Value } from "@libsql/core/api";

/**
 * How a transaction or batch begins.
 *
 * - `"write"`: `BEGIN IMMEDIATE`, takes its turn among the writers.
 * - `"read"`: read only; never waits for writers.
 * - `"deferred"`: reads at first, takes its turn among the writers with its first write.
 * - `"concurrent"`: may run beside other writers and may therefore end in `CONFLICT`. `BEGIN CONCURRENT` where
 *   {@link Capabilities.concurrentWrites} is `"mvcc"`, otherwise the same as `"write"`.
 */
export type TransactionMode = "write" | "read" | "deferred" | "concurrent";

/**
 * How SQLite integers reach JavaScript.
 *
 * - `"number"` (default): a number; a `RangeError` where one lies beyond 2^53.
 * - `"bigint"`: always a bigint.
 * - `"string"`: always a decimal string.
 * - `"auto"`: a number, and a bigint only where a number would lose digits.
 */
export type IntMode = "number" | "bigint" | "string" | "auto";

/** The bounds of a call that reads no rows. */
export type BoundOptions = Pick<CallOptions, "signal" | "timeoutMs">;

/** Options of a single call. */
export interface CallOptions {
  /**
   * Gives up when this fires; the call rejects with code `ABORTED`, or with `OUTCOME_UNKNOWN` if a write was already on its way
   * to a server.
   */
  readonly signal?: AbortSignal;
  /** Gives up after this many milliseconds; the call rejects with code `TIMEOUT`, or as with `signal`. Default: no limit. */
  readonly timeoutMs?: number;
  /** How integers are read. Default: the client's `intMode`. */
  readonly intMode?: IntMode;
  /**
   * For an `execute` that reads from a replica: syncs first if the last sync began longer ago than this, in milliseconds. Without
   * effect where nothing can be stale.
   */
  readonly maxStalenessMs?: number;
  /** For an `execute` that reads from a replica: waits first as {@link Client.waitFor} does. Without effect elsewhere. */
  readonly minPosition?: string;
}

/** A result as value arrays: what adapters build on, without a row object in between. */
export interface RawResult {
  /** Column names in order; may repeat. Empty for a statement that returns no rows. */
  readonly columns: readonly string[];
  /** Declared column types in order (`""` for an expression). */
  readonly columnTypes: readonly string[];
  /** One array of values a row, in column order. The caller owns them. */
  readonly rows: Value[][];
  /** Rows inserted, updated or deleted by this statement; 0 for a read. */
  readonly rowsAffected: number;
  /** The rowid of the last row inserted on this connection; `undefined` for a read. */
  readonly lastInsertRowid: bigint | undefined;
}

/** A column of what a statement gives. */
export interface Column {
  readonly name: string;
  /** As declared in CREATE TABLE; `""` for an expression. */
  readonly type: string;
}

/** What {@link PreparedStatement.run} answers. */
export interface RunResult {
  /** Rows inserted, updated or deleted. */
  readonly rowsAffected: number;
  /** The rowid of the last row inserted; `undefined` for a statement that writes nothing. */
  readonly lastInsertRowid: bigint | undefined;
}

/** Options of {@link PreparedStatement.chunks}. */
export interface ChunkOptions extends CallOptions {
  /** Rows a chunk; the last may have fewer. Default: as many as the engine reads at a time. */
  readonly chunkSize?: number;
}

/** Some of a result's rows, as value arrays. */
export interface RowChunk {
  /** Column names in order; may repeat. */
  readonly columns: readonly string[];
  /** One array of values a row, in column order. The caller owns them. */
  readonly rows: Value[][];
}

/**
 * A statement to be run many times. Each connection that runs it keeps the compiled form in its statement cache, so it
 * needs no closing and stays valid for as long as the client (or transaction) that made it.
 */
export interface PreparedStatement {
  readonly sql: string;
  /** The first row, or `undefined`. The statement still runs to its end. */
  get(args?: InArgs, options?: CallOptions): Promise<Row | undefined>;
  /** The first row as an array of values, or `undefined`: the fastest way to read one. The statement still runs to its end. */
  first(args?: InArgs, options?: CallOptions): Promise<Value[] | undefined>;
  /** All rows. */
  all(args?: InArgs, options?: CallOptions): Promise<Row[]>;
  /** All rows as arrays of values: the fastest way to read many. */
  values(args?: InArgs, options?: CallOptions): Promise<Value[][]>;
  /** Runs it for its effect. */
  run(args?: InArgs, options?: CallOptions): Promise<RunResult>;
  /** Columns, declared types, value arrays and counts in one. */
  raw(args?: InArgs, options?: CallOptions): Promise<RawResult>;
  /** The columns of its rows, in order, without running it; none for a statement that gives no rows. */
  columns(options?: CallOptions): Promise<Column[]>;
  /** Rows one after the other, without holding them all. Leaving the loop early releases the statement. */
  iterate(args?: InArgs, options?: CallOptions): AsyncIterableIterator<Row>;
  /**
   * Rows as arrays of values, some at a time and without holding them all: what a stream of an adapter is built on. There is no empty
   * chunk. Leaving the loop early releases the statement. Throws a `RangeError` for a `chunkSize` that is not a positive integer.
   */
  chunks(args?: InArgs, options?: ChunkOptions): AsyncIterableIterator<RowChunk>;
}

/** A statement as `batch` takes it. */
export type BatchStatement = InStatement | [sql: string, args?: InArgs];

/** What runs SQL: a client (each call on its own) or a transaction (all calls together). */
export interface Executor {
  /** Runs one statement. */
  execute(stmt: InStatement, options?: CallOptions): Promise<ResultSet>;
  execute(sql: string, args?: InArgs, options?: CallOptions): Promise<ResultSet>;
  /** Runs a script of statements separated by semicolons and discards their rows. */
  executeMultiple(sql: string, options?: CallOptions): Promise<void>;
  /** Prepares a statement; see {@link PreparedStatement}. Throws at once if `sql` is blank or holds two statements. */
  prepare(sql: string): PreparedStatement;
  /** Streams the rows of one statement; see {@link PreparedStatement.iterate}. */
  iterate(stmt: InStatement, options?: CallOptions): AsyncIterableIterator<Row>;
  iterate(sql: string, args?: InArgs, options?: CallOptions): AsyncIterableIterator<Row>;
  readonly closed: boolean;
}

/** Which rows: by rowid, or by columns and their values. */
export type RowKey = number | bigint | Readonly<Record<string, InValue>>;

/** An open transaction. Ends with `commit()`, `rollback()` or `close()`; calls after that reject with `TRANSACTION_CLOSED`. */
export interface Transaction extends Executor, AsyncDisposable {
  readonly mode: TransactionMode;
  /** Runs statements in order inside this transaction. The first failure is a `LitefleetBatchError` with its index. */
  batch(stmts: readonly BatchStatement[], options?: CallOptions): Promise<ResultSet[]>;
  /**
   * Runs `callback` inside a savepoint: released when it resolves, rolled back to when it rejects. Parallel savepoints of
   * one transaction queue behind each other.
   */
  savepoint<T>(callback: (tx: Transaction) => Promise<T>, options?: BoundOptions): Promise<T>;
  /**
   * Locks rows that the transaction relies on without changing them: of it and any other that writes or locks one of them, only one
   * can commit. That is the cure for write skew where transactions run beside each other. Gives the number of rows locked: 0 means
   * that there are none, and nothing keeps others from adding one. Where writers take turns it takes the turn and changes nothing.
   * A savepoint that is undone undoes its locks.
   *
   * Rejects with `CONFLICT` if another transaction has written a row already; with `SQLITE_READONLY` in mode `"read"`; with
   * `UNSUPPORTED` in a concurrent transaction if the table has a trigger that any UPDATE would run.
   *
   * @example
   * await tx.lock("doctors", 7);
   * await tx.lock("shifts", { day: "Monday", room: 4 });
   */
  lock(table: string, key: RowKey, options?: CallOptions): Promise<number>;
  /** Given up before COMMIT is on its way, it leaves the transaction open; during it, it rolls back or is `OUTCOME_UNKNOWN`. */
  commit(options?: BoundOptions): Promise<void>;
  rollback(): Promise<void>;
  /** Rolls back if still open. Never throws. */
  close(): void;
}

/**
 * How a transaction treats foreign keys.
 *
 * - `"off"`: they are not enforced in it, as a migration that rebuilds a table needs it (inside a transaction `PRAGMA foreign_keys`
 *   does nothing). The caller checks `PRAGMA foreign_key_check` before committing.
 * - `"checked"`: they are enforced in it, and a concurrent transaction that would leave an orphan because of another one ends in
 *   `CONFLICT` at its commit. Where {@link Capabilities.concurrentWrites} is `"serialized"`, and in other modes, enforcing them is
 *   all there is to do. What it costs stands in `docs/concurrency.md`.
 *
 * The setting before it is restored afterwards.
 */
export type ForeignKeys = "off" | "checked";

/** Options of a transaction that is opened by hand. */
export interface BeginOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the turn among the writers. Default: the client's `timeout` between clients, none within one. */
  readonly timeoutMs?: number;
  /** See {@link ForeignKeys}. Default: that of the client, or as the connection is set. */
  readonly foreignKeys?: ForeignKeys;
}

/** Options of a batch. */
export interface BatchOptions extends CallOptions {
  /** See {@link ForeignKeys}. Default: that of the client, or as the connection is set. */
  readonly foreignKeys?: ForeignKeys;
}

/** Options of a transaction whose callback is run for you. */
export interface TransactionOptions {
  /** Default `"write"`. */
  readonly mode?: TransactionMode;
  /**
   * How often the whole callback is run again after a conflict. Default 20 for `"concurrent"` and, where
   * {@link Capabilities.concurrentWrites} is `"mvcc"`, for every mode; otherwise 0.
   */
  readonly maxRetries?: number;
  /** Milliseconds for all attempts together. Default 30,000 for `"concurrent"`, otherwise no limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** See {@link ForeignKeys}. Default: that of the client, or as the connection is set. */
  readonly foreignKeys?: ForeignKeys;
  /** Called before each retry. */
  readonly onRetry?: (attempt: {
    readonly attempt: number;
    readonly delayMs: number;
    readonly error: EngineError;
  }) => void;
}

/**
 * How a database keeps what is committed.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_journal_mode
 */
export type JournalMode = "mvcc" | "wal" | "delete" | "truncate" | "persist" | "memory" | "off";

/** What the engine behind a client can do. Asking for what it cannot is an error with code `UNSUPPORTED`. */
export interface Capabilities {
  /** `"mvcc"`: several writing transactions at once. `"serialized"`: one after the other, in the order they came. */
  readonly concurrentWrites: "mvcc" | "serialized";
  /** SQL functions `vector32`, `vector_distance_cos` and so on. */
  readonly vectorDistance: boolean;
  /** The DiskANN index of libSQL (`libsql_vector_idx`, `vector_top_k`). */
  readonly vectorIndex: boolean;
  /** `sync()` brings a local copy up to date with a primary. */
  readonly sync: boolean;
  /** Writes while the primary is away, pushed later. */
  readonly offlineWrites: boolean;
  /** `encryptionKey`. */
  readonly encryption: boolean;
  /** Full-text search (`fts5`). */
  readonly fullTextSearch: boolean;
  /** `WITH RECURSIVE`. */
  readonly recursiveCte: boolean;
}

/** The engine behind a client. */
export type EngineName = "libsql" | "sqlite" | "turso" | "remote" | "replica";

/** A moment's view of a client, for health checks and dashboards. Holds no secret. */
export interface ClientStatus {
  readonly engine: EngineName;
  readonly closed: boolean;
  /** Connections held open, or streams under way for a remote client. */
  readonly openConnections: number;
  /** Writers and writing transactions that wait for their turn. */
  readonly queuedWrites: number;
  /** Only for a replica. */
  readonly replica?: ReplicaStatus;
  /** Only for an offline client: changed rows that the primary has not taken yet. */
  readonly pending?: number;
  /** Only for an offline client. */
  readonly offline?: OfflineStatus;
}

/** How an offline client stands towards its primary. */
export interface OfflineStatus {
  /** Local transactions that the primary refused, see {@link Client.conflicts}. */
  readonly conflicts: number;
  /** When the last push of this client succeeded, in milliseconds since the epoch. */
  readonly lastPushAt: number | undefined;
  /** When the last pull of this client succeeded, in milliseconds since the epoch. */
  readonly lastPullAt: number | undefined;
  /** Why the last push or pull failed; `undefined` once one has succeeded. */
  readonly lastError: LitefleetError | undefined;
  /** Whether the primary answered when it was last asked; `undefined` before that. */
  readonly isPrimaryReachable: boolean | undefined;
}

/** What {@link Client.push} has done. */
export interface PushResult {
  /** Changed rows that the primary has taken. */
  readonly pushed: number;
  /** Local transactions that it refused; they are conflicts now. */
  readonly rejected: number;
}

/** What {@link Client.pull} has done. */
export interface PullResult {
  /** Whether there was something new. */
  readonly hasChanges: boolean;
  /** Local transactions that no longer fit the primary's data; they are conflicts now. */
  readonly rejected: number;
}

/** How an embedded replica stands towards its primary. */
export interface ReplicaStatus {
  /** Frame number of the local copy; `undefined` before the first sync. */
  readonly frameNo: number | undefined;
  /** When the last sync succeeded, in milliseconds since the epoch. */
  readonly lastSyncAt: number | undefined;
  /** Why the last sync or write failed; `undefined` once one has succeeded. */
  readonly lastError: LitefleetError | undefined;
  /** Whether the primary answered when it was last asked; `undefined` before that. */
  readonly isPrimaryReachable: boolean | undefined;
  /** Frames of the primary's log that the copy lacks, by what was last heard of it. */
  readonly framesBehind: number | undefined;
  /** As {@link Client.position} gives it. */
  readonly position: string | undefined;
  /** While the whole database is being fetched, how far that is. */
  readonly fetching: FetchProgress | undefined;
}

/** How far the fetching of a whole copy is. */
export interface FetchProgress {
  /** Bytes that came from the primary; of a fetch that was broken off and goes on, since then. */
  readonly bytes: number;
  /** Frames in the primary's log when it began: about 4 KB each. */
  readonly totalFrames: number;
}

/** Options of {@link Client.waitFor}. */
export interface WaitForOptions {
  /** Milliseconds until the call gives up with `TIMEOUT`. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * A database. Code written for `Client` of `@libsql/client` works with it unchanged.
 *
 * Calls may be made at any time, also while transactions are open: reads run beside them, writes take their turn.
 * On `:memory:`, which has one connection, calls wait for the open transaction to end.
 */
export interface Client extends Executor, AsyncDisposable {
  /** Runs statements in one transaction and one round trip. The first failure rolls all back. Default mode `"deferred"`. */
  batch(stmts: readonly BatchStatement[], mode?: TransactionMode, options?: BatchOptions): Promise<ResultSet[]>;
  /** Like `batch`, with foreign keys off during it. `@litefleet/migrate` does this with checks; prefer it. */
  migrate(stmts: readonly InStatement[], options?: CallOptions): Promise<ResultSet[]>;
  /** Begins a transaction. The caller ends it. Default mode `"write"`. */
  transaction(mode?: TransactionMode, options?: BeginOptions): Promise<Transaction>;
  /**
   * Runs `callback` in a transaction: commits when it resolves, rolls back when it rejects (and rejects with the same
   * error). Conflicts run the whole callback again, within {@link TransactionOptions}' bounds; when those are spent it
   * rejects with `CONFLICT`.
   */
  transaction<T>(callback: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * How the database keeps what is committed: tells it, or changes it to `"mvcc"` (many writers at once, Turso engine only) or
   * `"wal"`, and gives the mode that holds then. The change waits for the writes that were called before it; calls made after it
   * wait for it. A Turso file that goes back to `"wal"` and is closed is an ordinary SQLite file. Settings made by `PRAGMA` begin anew,
   * as after `reconnect()`, which puts the file into MVCC mode again.
   *
   * Rejects, and nothing is changed, with `TRANSACTION_ACTIVE` while transactions or iterations of the client are open; with
   * `SQLITE_BUSY` while another client or process has the file open; with `UNSUPPORTED` for a mode that the engine does not have, and
   * if the file holds what the Turso engine cannot read, which the message names.
   */
  journalMode(mode?: "mvcc" | "wal"): Promise<JournalMode>;
  /**
   * Brings an embedded replica up to date; on an offline client pulls, then pushes. Rejects with `UNSUPPORTED` on any other client. A
   * sync that is given up goes on, and a later call joins it.
   */
  sync(options?: BoundOptions): Promise<Replicated>;
  /**
   * Sends the changes of an offline client to its primary, in slices. Whatever happens on the way, each change arrives once, is still
   * pending, or is a conflict. Rejects with `PRIMARY_UNREACHABLE` while the primary is away (then the rest stays pending), with
   * `SYNC_FAILED` if the primary has lost what it had taken, and with `UNSUPPORTED` on any other client. The options end
   * the waiting; the push goes on.
   */
  push(options?: BoundOptions): Promise<PushResult>;
  /**
   * Brings what is new at the primary to an offline client, and puts the local changes that were not pushed on top of it. Rejects as
   * {@link push} does; then nothing has changed.
   */
  pull(options?: BoundOptions): Promise<PullResult>;
  /**
   * The local transactions of an offline client that its primary refused, the oldest first. They last until they are retried or
   * discarded, also across restarts. Rejects with `UNSUPPORTED` on any other client.
   *
   * @example
   * for (const conflict of await client.conflicts()) {
   *   console.log(conflict.table, conflict.row, conflict.reason);
   *   await conflict.discard();
   * }
   */
  conflicts(): Promise<Conflict[]>;
  /**
   * The place in the primary's log of the last write or sync of this embedded replica, as a token to hand to other processes;
   * `undefined` before the first. Throws `UNSUPPORTED` on any other client.
   *
   * @example
   * response.setHeader("x-position", client.position() ?? "");
   */
  position(): string | undefined;
  /**
   * Waits until this embedded replica has reached a position that another one told. Rejects with `TIMEOUT`, with
   * `POSITION_EXPIRED` if the primary has begun a new log since, with `ARGS_INVALID` for what is no position, and with
   * `UNSUPPORTED` on any other client.
   */
  waitFor(position: string, options?: WaitForOptions): Promise<void>;
  /** Closes what the client opened. Open transactions are rolled back. */
  close(): void;
  /** Opens again after `close()`. A `:memory:` database starts empty. */
  reconnect(): Promise<void>;
  readonly protocol: "file" | "http" | "ws";
  readonly capabilities: Capabilities;
  status(): ClientStatus;
  /** Adds a listener; returns a function that removes it. */
  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void;
}
