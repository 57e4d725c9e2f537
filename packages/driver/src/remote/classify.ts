import { LitefleetError } from "../errors.ts";
import { baseCode, extendedCodeName } from "../sqlite-codes.ts";
import type { WireError } from "./protocol.ts";

/** Failures (without effect) that come before a server looks at the stream. */
const streamKeepingCodes: ReadonlySet<string> = new Set(["CONNECTION_FAILED", "SERVER_BUSY", "ABORTED", "TIMEOUT"]);

/**
 * A request that was not answered as it should have been: what went wrong, and whether the server may nevertheless have
 * carried it out. It never leaves the engine; {@link RequestFailure.toError} does.
 */
export class RequestFailure extends Error {
  /** What to tell the caller if the request had surely no effect, or could have none. */
  readonly error: LitefleetError;
  /** `"none"`: the server has surely not carried it out. */
  readonly effect: "none" | "unknown";
  /** Whether the stream can still be used: the server has not even seen the request. */
  readonly keepsStream: boolean;
  /** Milliseconds before which the server does not want to be asked again. */
  readonly retryAfterMs: number;

  constructor(error: LitefleetError, effect: "none" | "unknown", keepsStream?: boolean, retryAfterMs = 0) {
    super(error.message);
    this.error = error;
    this.effect = effect;
    this.retryAfterMs = retryAfterMs;
    this.keepsStream = keepsStream ?? (effect === "none" && streamKeepingCodes.has(error.code));
  }

  /** Whether the same request may be sent again without doing anything twice. */
  mayRepeat(isReadOnly: boolean): boolean {
    return this.error.isRetryable && (isReadOnly || this.effect === "none");
  }

  /** The error for the caller. A write that may have been carried out is `OUTCOME_UNKNOWN`, whatever went wrong. */
  toError(isReadOnly: boolean): LitefleetError {
    if (isReadOnly || this.effect === "none") return this.error;
    return new LitefleetError(
      `The answer to a write was lost, so it may or may not have been carried out; look before you repeat it (${this.error.message})`,
      "OUTCOME_UNKNOWN",
      { cause: this.error },
    );
  }
}

/** Codes of network errors (Node's, under `fetch` and WebSocket) that occur before anything is sent. */
const neverSent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** A connection that could not be made, or broke. Without a code that says otherwise the request may have been sent. */
export function networkFailure(error: unknown): RequestFailure {
  const code = networkCode(error);
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  const wasNotSent = code !== undefined && neverSent.has(code);
  const message = wasNotSent
    ? `Could not connect to the server (${reason})`
    : `The connection to the server broke (${reason})`;
  const failure = new LitefleetError(message, "CONNECTION_FAILED", { isRetryable: true, cause: error });
  return new RequestFailure(failure, wasNotSent ? "none" : "unknown");
}

/** `fetch` hides the reason in `cause`, and several addresses that were tried in `errors`. */
function networkCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== "object" || error === null || depth > 4) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  if ("cause" in error) return networkCode(error.cause, depth + 1);
  if ("errors" in error && Array.isArray(error.errors)) return networkCode(error.errors[0], depth + 1);
  return undefined;
}

/**
 * An HTTP answer other than 2xx. `body` is its text without secrets.
 *
 * What a gateway says of a request that it passed on (500, 502, 504) leaves open whether it was carried out.
 *
 * @param retryAfter the header of that name.
 */
export function statusFailure(status: number, body: string, retryAfter: string | null = null): RequestFailure {
  const said = readBody(body);
  const message = said.message === "" ? `The server answered with HTTP status ${status}` : said.message;
  if (said.code === "STREAM_EXPIRED" || /invalid baton/i.test(message)) {
    return new RequestFailure(new LitefleetError(message, "STREAM_EXPIRED", { isRetryable: true }), "none");
  }
  if (status === 401 || status === 403) return new RequestFailure(new LitefleetError(message, "AUTH_FAILED"), "none");
  if (status === 429 || status === 503) {
    const busy = new LitefleetError(message, "SERVER_BUSY", { isRetryable: true });
    return new RequestFailure(busy, "none", undefined, readRetryAfter(retryAfter));
  }
  if (status === 404 && /namespace/i.test(message)) {
    // Also said for a moment while the server moves a namespace out of memory, so it is worth another try.
    return new RequestFailure(new LitefleetError(message, "NAMESPACE_NOT_FOUND", { isRetryable: true }), "none");
  }
  if (status < 500) {
    return new RequestFailure(serverError({ message, code: said.code ?? "SERVER_ERROR" }), "none");
  }
  // A cursor reports SQL that does not parse, which is looked at before anything runs, as an internal error.
  const code = codeOfText(message);
  if (code !== undefined) return new RequestFailure(serverError({ message, code }), "none");
  if (/checkpoint failed/i.test(message)) {
    return new RequestFailure(new LitefleetError(message, "SERVER_ERROR", { isRetryable: true }), "none");
  }
  const isGateway = status === 502 || status === 504;
  return new RequestFailure(new LitefleetError(message, "SERVER_ERROR", { isRetryable: isGateway }), "unknown");
}

/**
 * The milliseconds that a `Retry-After` asks for: seconds from now, or a date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(header: string | null): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** A 2xx answer (or a message) that is not Hrana. */
export function malformedAnswer(cause: unknown): RequestFailure {
  const message = "The server's answer could not be read; is it a libSQL server?";
  return new RequestFailure(new LitefleetError(message, "SERVER_ERROR", { isRetryable: true, cause }), "unknown");
}

/** sqld says `{ error }` or `{ message, code }`, other servers plain text. */
function readBody(body: string): { readonly message: string; readonly code: string | undefined } {
  let said: unknown;
  try {
    said = JSON.parse(body);
  } catch {
    return { message: body.startsWith("<") ? "" : body.trim().slice(0, 500), code: undefined };
  }
  if (typeof said !== "object" || said === null) return { message: "", code: undefined };
  const message = "message" in said ? said.message : "error" in said ? said.error : "";
  const code = "code" in said && typeof said.code === "string" ? said.code : undefined;
  return { message: typeof message === "string" ? withoutWrapping(message) : "", code };
}

/** "Internal Error: `reason`" is `reason`. */
function withoutWrapping(message: string): string {
  return /^Internal Error: `(.*)`$/s.exec(message)?.[1] ?? message;
}

const codesOfTexts: readonly (readonly [RegExp, string])[] = [
  [/^SQL string could not be parsed/, "SQL_PARSE_ERROR"],
  [/^SQL string contains more than one statement/, "SQL_MANY_STATEMENTS"],
  [/^SQL string does not contain any statement/, "SQL_NO_STATEMENT"],
];

function codeOfText(message: string): string | undefined {
  return codesOfTexts.find(([text]) => text.test(message))?.[1];
}

/** Codes of errors after which the same call may succeed: nothing of it was kept. */
const retryableCodes: ReadonlySet<string> = new Set([
  "SQLITE_BUSY",
  "SQLITE_LOCKED",
  "TRANSACTION_TIMEOUT",
  "TRANSACTION_BUSY",
  "STREAM_EXPIRED",
]);

/** The server tells constraints apart by text only, and a primary key from another unique one not at all. */
const constraints: readonly (readonly [RegExp, number])[] = [
  [/^UNIQUE constraint failed: .*\.rowid$/, 2579],
  [/^UNIQUE constraint failed: index '/, 2067],
  [/^FOREIGN KEY constraint failed/, 787],
  [/^NOT NULL constraint failed/, 1299],
  [/^CHECK constraint failed/, 275],
  [/^cannot store \S+ value in \S+ column/, 3091],
];

/**
 * What the server said of a statement, under the server's code, with the number of that. For a constraint `extendedCode` and
 * `rawCode` follow from the text, where that says enough.
 */
export function serverError(error: WireError): LitefleetError {
  const message = error.message.replace(/^SQLite error: /, "");
  const code = error.code ?? "SERVER_ERROR";
  if (code.startsWith("AUTH_")) return new LitefleetError(message, "AUTH_FAILED");
  const constraint = code === "SQLITE_CONSTRAINT" ? constraints.find(([text]) => text.test(message))?.[1] : undefined;
  return new LitefleetError(message, code, {
    extendedCode: constraint === undefined ? undefined : extendedCodeName(constraint),
    rawCode: constraint ?? baseCode(code),
    isRetryable: retryableCodes.has(code),
  });
}

/** Whether this says that the server has ended the transaction (and rolled it back). */
export function endsTransaction(error: LitefleetError): boolean {
  return error.code === "STREAM_EXPIRED" || error.code === "TRANSACTION_TIMEOUT";
}

/** The error of calls on a transaction that is over, through `cause` if it was not the caller who ended it. */
export function transactionClosed(cause?: LitefleetError): LitefleetError {
  const message =
    cause === undefined
      ? "The transaction is closed"
      : `The transaction was ended and rolled back (${cause.message}); begin it again`;
  return new LitefleetError(message, "TRANSACTION_CLOSED", { isRetryable: cause !== undefined, cause });
}

/** The error of calls on a client that was closed. */
export function clientClosed(): LitefleetError {
  return new LitefleetError("The client is closed", "CLIENT_CLOSED");
}
