import type { Replicated, Value } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  BoundOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  EngineName,
  IntMode,
  PullResult,
  PushResult,
  JournalMode,
  RawResult,
  TransactionMode,
  WaitForOptions,
} from "./api.ts";
import type { Conflict } from "./offline/conflict.ts";
import type { ParsedStatement } from "./sql/parse.ts";

/** A value as engines take it: checked, and with booleans, dates and array views already turned into SQLite's kinds. */
export type SqlValue = null | string | number | bigint | Uint8Array;

/** A statement that is ready to run: parsed, with its arguments checked and in the order of SQLite's parameter numbers. */
export interface BoundStatement {
  readonly sql: string;
  readonly parsed: ParsedStatement;
  /** `args[i]` belongs to parameter number `i + 1`. */
  readonly args: readonly SqlValue[];
  readonly intMode: IntMode;
  /** Of the rows of a read only the first is asked for; an engine may give more. */
  readonly onlyFirstRow?: boolean;
  /**
   * Only the columns of this statement are asked for: it is compiled and not run, and `parsed` is that of a read without parameters,
   * so that it takes the way of one.
   */
  readonly describes?: ParsedStatement;
}

/** Either the thing or a promise of it: engines whose library is synchronous answer without one. */
export type MaybePromise<T> = T | Promise<T>;

/** What the facade needs of an open transaction. Calls arrive one at a time. */
export interface EngineTransaction {
  readonly closed: boolean;
  /** Whether other transactions write at the same time. Left out: no. */
  readonly writesBesideOthers?: boolean;
  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult>;
  /** In order, stopping at the first failure, which is a `LitefleetBatchError`. */
  batch(statements: readonly BoundStatement[], options: CallOptions): MaybePromise<RawResult[]>;
  script(sql: string, options: CallOptions): MaybePromise<void>;
  /** Chunks of rows. `return()` releases the statement. */
  iterate(statement: BoundStatement, options: CallOptions): RowChunks;
  /** @param onVisible called when others see what was written, if that is before the commit is safe on the disk. */
  commit(options?: BoundOptions, onVisible?: () => void): MaybePromise<void>;
  rollback(): MaybePromise<void>;
  /** Rolls back if open and gives the connection back; never throws. */
  close(): void;
  /** Runs the transaction's callback. An engine that has to tell calls from inside it from others does so here. */
  runCallback?<T>(callback: () => Promise<T>): Promise<T>;
}

/** Rows in chunks, with the column names told before the first. */
export interface RowChunks extends AsyncIterator<Value[][], void, void> {
  /** Known after the first `next()`. */
  readonly columns: readonly string[];
  return(): Promise<IteratorResult<Value[][], void>>;
}

/**
 * One kind of database behind a client. The facade has parsed the SQL, checked the arguments and the client's state;
 * errors that leave an engine are `LitefleetError`s.
 */
export interface Engine {
  readonly name: EngineName;
  readonly protocol: "file" | "http" | "ws";
  readonly capabilities: Capabilities;
  /** One statement in a transaction of its own. */
  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult>;
  /** All in one transaction, or none. A failed statement is a `LitefleetBatchError`. */
  batch(statements: readonly BoundStatement[], mode: TransactionMode, options: BatchOptions): MaybePromise<RawResult[]>;
  /** `batch` in deferred mode with foreign keys off during it. */
  migrate(statements: readonly BoundStatement[], options?: CallOptions): MaybePromise<RawResult[]>;
  script(sql: string, options: CallOptions): MaybePromise<void>;
  iterate(statement: BoundStatement, options: CallOptions): RowChunks;
  begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction>;
  sync(): Promise<Replicated>;
  /** Only an engine with offline writes has these three. */
  push?(): Promise<PushResult>;
  pull?(): Promise<PullResult>;
  conflicts?(): Promise<Conflict[]>;
  /** See `Client.position`; only an engine that can lie behind a primary has it, and the next. */
  position?(): string | undefined;
  waitFor?(position: string, options: WaitForOptions): Promise<void>;
  /** See `Client.journalMode`; left out where `PRAGMA journal_mode` does it. */
  journalMode?(mode?: JournalMode): Promise<JournalMode>;
  status(): Omit<ClientStatus, "closed">;
  /** Releases everything; open transactions are rolled back. May be called twice. */
  close(): void;
}
