import { LibsqlBatchError, LibsqlError } from "@libsql/core/api";

import { isError } from "./realm.ts";

export { LibsqlBatchError, LibsqlError } from "@libsql/core/api";

/**
 * Litefleet's own error codes. Errors that SQLite reports keep its names (`SQLITE_CONSTRAINT`, `SQLITE_BUSY`, …), and
 * those that a server reports keep the server's. Each is explained in `docs/errors.md`.
 */
export const errorCodes = [
  "ABORTED",
  "ARGS_INVALID",
  "AUTH_FAILED",
  "CLIENT_CLOSED",
  "CONFIG_INVALID",
  "CONFLICT",
  "CONNECTION_FAILED",
  "ENCRYPTION_KEY_NOT_SUPPORTED",
  "ENGINE_MISSING",
  "NAMESPACE_NOT_FOUND",
  "OUTCOME_UNKNOWN",
  "POSITION_EXPIRED",
  "PRIMARY_UNREACHABLE",
  "SERVER_BUSY",
  "SERVER_ERROR",
  "SQL_MANY_STATEMENTS",
  "SQL_NO_STATEMENT",
  "STREAM_EXPIRED",
  "SYNC_FAILED",
  "SYNC_NOT_SUPPORTED",
  "TENANT_INVALID",
  "TENANT_UNKNOWN",
  "TIMEOUT",
  "TRANSACTION_ACTIVE",
  "TRANSACTION_CLOSED",
  "UNSUPPORTED",
  "URL_INVALID",
  "URL_PARAM_NOT_SUPPORTED",
  "URL_SCHEME_NOT_SUPPORTED",
  "WEBSOCKETS_NOT_SUPPORTED",
] as const;

/** One of Litefleet's own codes. */
export type LitefleetErrorCode = (typeof errorCodes)[number];

/** A code of ours, a `SQLITE_*` name, or what a server called it. */
export type ErrorCode = LitefleetErrorCode | (string & {});

/** What an error is made of besides its message. */
export interface ErrorDetails {
  /** SQLite's extended name, such as `SQLITE_CONSTRAINT_UNIQUE`. */
  readonly extendedCode?: string;
  /** SQLite's number, extended form. */
  readonly rawCode?: number;
  /** Whether the same call may succeed later without any change. */
  readonly isRetryable?: boolean;
  /** What the engine threw. */
  readonly cause?: unknown;
}

/**
 * Every error that Litefleet throws, save `TypeError` and `RangeError` for misuse. It is a `LibsqlError`, so code that
 * checks for that keeps working; `cause` is what the engine threw.
 */
export class LitefleetError extends LibsqlError {
  /** Whether the same call (for a transaction: the whole transaction) may succeed later without any change. */
  readonly isRetryable: boolean;

  constructor(message: string, code: ErrorCode, details: ErrorDetails = {}) {
    super(message, code, details.extendedCode, details.rawCode, toError(details.cause));
    this.isRetryable = details.isRetryable ?? false;
  }
}

/** A statement of a batch failed; `statementIndex` says which, counted from 0. */
export class LitefleetBatchError extends LibsqlBatchError {
  readonly isRetryable: boolean;

  constructor(message: string, statementIndex: number, code: ErrorCode, details: ErrorDetails = {}) {
    super(message, statementIndex, code, details.extendedCode, details.rawCode, toError(details.cause));
    this.isRetryable = details.isRetryable ?? false;
  }

  /** The same failure, known to be that of statement `statementIndex`. */
  static at(statementIndex: number, error: LibsqlError): LitefleetBatchError {
    return new LitefleetBatchError(plainMessage(error), statementIndex, error.code, {
      extendedCode: error.extendedCode,
      rawCode: error.rawCode,
      isRetryable: isRetryable(error),
      cause: error.cause ?? error,
    });
  }
}

/** Whether `error` says of itself that the same call may succeed later without any change. */
export function isRetryable(error: unknown): error is LitefleetError | LitefleetBatchError {
  return (error instanceof LitefleetError || error instanceof LitefleetBatchError) && error.isRetryable;
}

/** The error for something that an engine cannot do. `instead` is the advice. */
export function unsupported(what: string, instead: string): LitefleetError {
  return new LitefleetError(`${what} is not supported by this engine. ${instead}`, "UNSUPPORTED");
}

/** An error's message without the code that `LibsqlError` puts before it. */
export function plainMessage(error: LibsqlError): string {
  const prefix = `${error.code}: `;
  return error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
}

function toError(cause: unknown): Error | undefined {
  if (cause === undefined || isError(cause)) return cause;
  return new Error(typeof cause === "string" ? cause : JSON.stringify(cause));
}
