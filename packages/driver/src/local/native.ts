import type { SqlValue } from "../engine.ts";
import type { ParsedStatement } from "../sql/parse.ts";

/** A column as the library describes it. */
export interface NativeColumn {
  readonly name: string;
  /** As declared in CREATE TABLE; `""` for an expression. */
  readonly type: string;
}

/** A compiled statement of a synchronous SQLite library. */
export interface NativeStatement {
  readonly returnsRows: boolean;
  columns(): NativeColumn[];
  /**
   * Runs it and gives all rows as arrays. With `asBigInt` every integer is a bigint; without it integers are numbers, and
   * {@link UnsafeInteger} is thrown (or an inexact number given) where one lies beyond 2^53.
   */
  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][];
  /** The same for a read of which only the first row is asked for; left out where that saves nothing. Pins no snapshot. */
  first?(args: readonly SqlValue[], asBigInt: boolean): unknown[][];
  /** Runs it for its effect. */
  run(args: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: bigint };
  /** The same without saying what it did; left out where that saves nothing. */
  runUnasked?(args: readonly SqlValue[]): void;
  /** Rows one by one, integers as bigint. The statement stays open until the last row or `close()`. */
  iterate(args: readonly SqlValue[]): NativeRows;
}

/** The rows of an open statement. */
export interface NativeRows {
  /** The next row; `undefined` after the last. */
  next(): unknown[] | undefined;
  /** Ends the statement before its last row, so that it pins no snapshot. */
  close(): void;
}

/** A connection of a synchronous SQLite library. */
export interface NativeConnection {
  /** @param parsed what the driver read; left out for a statement of its own, which has no parameters and gives numbers. */
  prepare(sql: string, parsed?: ParsedStatement): NativeStatement;
  /** Runs a script. */
  exec(sql: string): void;
  readonly inTransaction: boolean;
  close(): void;
}

/** A synchronous SQLite library. */
export interface NativeLibrary {
  readonly name: "libsql" | "sqlite" | "turso";
  /** @param path a file path, `:memory:`, or a `file:` URI where the library takes one. */
  open(path: string, options: NativeOpenOptions): NativeConnection;
  /** SQLite's own error in the library's error, or `undefined` if it is none. */
  describeError(error: unknown): NativeError | undefined;
  /** How a read-only transaction begins. */
  readonly beginRead: string;
}

/** What a connection is opened with. */
export interface NativeOpenOptions {
  readonly encryptionKey?: string;
}

/** What SQLite says of a failure. */
export interface NativeError {
  readonly message: string;
  /** Extended result code. */
  readonly rawCode: number;
}

/** Thrown by {@link NativeStatement.all} if an integer does not fit a number: read again as bigint. */
export class UnsafeInteger extends Error {}
