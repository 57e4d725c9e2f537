import { LibsqlError } from "@litefleet/driver";
import { DriverAdapterError, isDriverAdapterError } from "@prisma/driver-adapter-utils";
import type { MappedError } from "@prisma/driver-adapter-utils";

/**
 * What the driver threw, as the error that Prisma has a code for: P2002 for a unique constraint, P2034 for a conflict and
 * so on. Errors that Prisma has no kind for, and those that are nobody's input, stay what they are: Prisma passes them on
 * with their own code.
 *
 * @param place a lock that could not be had inside a transaction is a conflict: a server does not tell whether it was only
 *   held for too long or what the transaction has read is out of date, and running the whole again helps in both cases.
 */
export function toPrismaError(error: unknown, place: "transaction" | "outside" = "outside"): unknown {
  if (isDriverAdapterError(error)) return error;
  if (error instanceof RangeError)
    return new TranslatedError({ kind: "InvalidInputValue", message: error.message }, error);
  if (!(error instanceof LibsqlError)) return error;
  const words = wordsOf(error);
  if (place === "transaction" && error.code === "SQLITE_BUSY") {
    return new TranslatedError({ kind: "TransactionWriteConflict" }, error);
  }
  const kind = kindByCode(error, words) ?? kindByMessage(words) ?? sqliteKind(error, words);
  return kind === undefined ? error : new TranslatedError(kind, error);
}

/** An error in Prisma's terms: `cause` is Prisma's description of its kind, so the driver's error has a place of its own. */
class TranslatedError extends DriverAdapterError {
  readonly driverError: Error;

  constructor(kind: MappedError, driverError: Error) {
    super({ ...kind, originalCode: codeOf(driverError, kind), originalMessage: wordsOf(driverError) });
    this.driverError = driverError;
  }
}

/** SQLite's number where there is one: the same on every engine for what has a kind. */
function codeOf(error: Error, { kind }: MappedError): string | undefined {
  if (!(error instanceof LibsqlError)) return undefined;
  // A server does not tell that it was the RESTRICT of a key, to SQLite a trigger with a number of its own.
  if (kind === "ForeignKeyConstraintViolation") return "787";
  if (error.rawCode !== undefined) return error.rawCode.toString();
  // What a server says of SQL that is wrong is to SQLite an error like any other.
  const isOfSql = error.code.startsWith("SQL_") || error.code === "SQLITE_UNKNOWN";
  return isOfSql ? "1" : (error.extendedCode ?? error.code);
}

/** The message without the code that the class puts before it, and without what a server puts round SQLite's words. */
function wordsOf(error: Error): string {
  if (!(error instanceof LibsqlError)) return error.message;
  const prefix = `${error.code}: `;
  const words = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return words.replace(/^(?:SQLite|SQL input|SQLite input) error: /, "").replace(/ \(at offset \d+\)$/, "");
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof LibsqlError)) return false;
  // The transaction has read what another has changed since: waiting does not help, running it again does.
  return error.code === "CONFLICT" || error.extendedCode === "SQLITE_BUSY_SNAPSHOT";
}

function kindByCode(error: LibsqlError, words: string): MappedError | undefined {
  if (isConflict(error)) return { kind: "TransactionWriteConflict" };
  switch (error.code) {
    case "ABORTED":
    case "TIMEOUT":
    case "SERVER_BUSY":
    case "SQLITE_BUSY":
    case "SQLITE_LOCKED":
    case "TRANSACTION_ACTIVE":
    case "TRANSACTION_BUSY":
      return { kind: "SocketTimeout" };
    case "ARGS_INVALID":
    case "SQLITE_MISMATCH":
      return { kind: "InvalidInputValue", message: words };
    case "SQLITE_TOOBIG":
      return { kind: "LengthMismatch" };
    case "CLIENT_CLOSED":
    case "OUTCOME_UNKNOWN":
      return { kind: "ConnectionClosed" };
    case "STREAM_EXPIRED":
    case "TRANSACTION_CLOSED":
    case "TRANSACTION_TIMEOUT":
      // A conflict ends the transaction at once; the statements after it and the commit are told of the reason.
      if (isConflict(error.cause)) return { kind: "TransactionWriteConflict" };
      return { kind: "TransactionAlreadyClosed", cause: words };
    case "CONNECTION_FAILED":
    case "PRIMARY_UNREACHABLE":
    case "SQLITE_CANTOPEN":
      return { kind: "DatabaseNotReachable" };
    case "NAMESPACE_NOT_FOUND":
      return { kind: "DatabaseDoesNotExist" };
    case "AUTH_FAILED":
      return { kind: "AuthenticationFailed" };
    case "SQLITE_AUTH":
    case "SQLITE_PERM":
    case "SQLITE_READONLY":
      return { kind: "DatabaseAccessDenied" };
    default:
      return undefined;
  }
}

interface MessageRule {
  readonly pattern: RegExp;
  readonly kind: (found: string) => MappedError;
}

/**
 * SQLite names what is wrong in the message only, and a server gives nothing but the message. The texts are SQLite's own and
 * the same on every engine; what an engine puts before and after them is left out.
 */
const messageRules: readonly MessageRule[] = [
  { pattern: /(?:UNIQUE|PRIMARY KEY) constraint failed: (.+)$/, kind: uniqueViolation },
  {
    pattern: /NOT NULL constraint failed: (.+)$/,
    kind: (found) => ({ kind: "NullConstraintViolation", constraint: { fields: splitColumns(found).fields } }),
  },
  {
    pattern: /(FOREIGN KEY) constraint failed/,
    kind: () => ({ kind: "ForeignKeyConstraintViolation", constraint: { foreignKey: {} } }),
  },
  { pattern: /(cannot store .+ value in .+ column .+)$/, kind: (message) => ({ kind: "InvalidInputValue", message }) },
  { pattern: /(integer overflow)/, kind: (cause) => ({ kind: "ValueOutOfRange", cause }) },
  { pattern: /no such table: (.+)$/, kind: (table) => ({ kind: "TableDoesNotExist", table }) },
  {
    pattern: /no such column(?: or database)?: (.+)$/,
    kind: (column) => ({ kind: "ColumnNotFound", column: unquoted(column) }),
  },
  { pattern: /has no column named (.+)$/, kind: (column) => ({ kind: "ColumnNotFound", column: unquoted(column) }) },
];

function kindByMessage(words: string): MappedError | undefined {
  // Turso may add the result code, SQLite a hint about quotes.
  const bare = words.replace(/ - should this be a string literal.*$/, "").replace(/ \(\d+\)$/, "");
  for (const { pattern, kind } of messageRules) {
    const found = pattern.exec(bare)?.[1];
    if (found !== undefined) return kind(found);
  }
  return undefined;
}

function uniqueViolation(found: string): MappedError {
  const index = /^index '(.+)'$/.exec(found)?.[1];
  if (index !== undefined) return { kind: "UniqueConstraintViolation", constraint: { index } };
  const { fields, table } = splitColumns(found);
  return { kind: "UniqueConstraintViolation", constraint: { fields }, table };
}

/** `Post.a, Post.b` as its columns and its table. */
function splitColumns(found: string): { readonly fields: string[]; readonly table: string | undefined } {
  const columns = found.split(", ");
  const dot = columns[0]!.lastIndexOf(".");
  return {
    fields: columns.map((column) => column.slice(column.lastIndexOf(".") + 1)),
    table: dot < 0 ? undefined : columns[0]!.slice(0, dot),
  };
}

function unquoted(name: string): string {
  return name.replace(/^["'`](.*)["'`]$/, "$1");
}

/** Everything else that SQLite reports goes on with its number and its words. */
function sqliteKind(error: LibsqlError, message: string): MappedError | undefined {
  if (!error.code.startsWith("SQLITE_") && !error.code.startsWith("SQL_")) return undefined;
  return { kind: "sqlite", extendedCode: error.rawCode ?? 1, message };
}

/** Whether the driver refused a text because it holds several statements. */
export function isManyStatements(error: unknown): boolean {
  return error instanceof LibsqlError && error.code === "SQL_MANY_STATEMENTS";
}
