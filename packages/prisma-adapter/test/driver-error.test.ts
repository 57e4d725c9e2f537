import { describe, expect, test } from "vitest";
import { LitefleetError } from "@litefleet/driver";
import { isDriverAdapterError } from "@prisma/driver-adapter-utils";
import { toPrismaError } from "../src/driver-error.ts";

function causeOf(error: unknown): unknown {
  if (!isDriverAdapterError(error)) return undefined;
  const { originalCode: _, originalMessage: __, ...kind } = error.cause;
  return kind;
}

describe("the texts of SQLite, as each engine wraps them", () => {
  const unique = { kind: "UniqueConstraintViolation", constraint: { fields: ["a", "b"] }, table: "t" };
  const notNull = { kind: "NullConstraintViolation", constraint: { fields: ["a"] } };
  const foreignKey = { kind: "ForeignKeyConstraintViolation", constraint: { foreignKey: {} } };
  test.each<[message: string, expected: object]>([
    ["UNIQUE constraint failed: t.a, t.b", unique],
    ["SQLite error: UNIQUE constraint failed: t.a, t.b", unique],
    ["Runtime error: UNIQUE constraint failed: t.a, t.b (19)", unique],
    ["PRIMARY KEY constraint failed: t.a, t.b", unique],
    [
      "UNIQUE constraint failed: index 'by name'",
      { kind: "UniqueConstraintViolation", constraint: { index: "by name" } },
    ],
    ["NOT NULL constraint failed: t.a", notNull],
    ["SQLite error: NOT NULL constraint failed: t.a (1299)", notNull],
    ["FOREIGN KEY constraint failed", foreignKey],
    ["SQLite error: FOREIGN KEY constraint failed", foreignKey],
    ["no such table: main.t", { kind: "TableDoesNotExist", table: "main.t" }],
    ["SQLite input error: no such table: my t (at offset 14)", { kind: "TableDoesNotExist", table: "my t" }],
    ["no such column: t.a", { kind: "ColumnNotFound", column: "t.a" }],
    [
      'SQLite error: no such column: "a" - should this be a string literal in single-quotes? (at offset 7)',
      { kind: "ColumnNotFound", column: "a" },
    ],
    ["table t has no column named a", { kind: "ColumnNotFound", column: "a" }],
    ["integer overflow", { kind: "ValueOutOfRange", cause: "integer overflow" }],
    [
      "cannot store TEXT value in INTEGER column t.a",
      { kind: "InvalidInputValue", message: "cannot store TEXT value in INTEGER column t.a" },
    ],
    ["something else", { kind: "sqlite", extendedCode: 1, message: "something else" }],
  ])("%s", (message, expected) => {
    expect(causeOf(toPrismaError(new LitefleetError(message, "SQLITE_ERROR")))).toEqual(expected);
  });
});

describe("the driver's codes", () => {
  test.each<[code: string, extendedCode: string | undefined, kind: string]>([
    ["CONFLICT", undefined, "TransactionWriteConflict"],
    ["SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "TransactionWriteConflict"],
    ["SQLITE_BUSY", "SQLITE_BUSY", "SocketTimeout"],
    ["SQLITE_LOCKED", undefined, "SocketTimeout"],
    ["TIMEOUT", undefined, "SocketTimeout"],
    ["ABORTED", undefined, "SocketTimeout"],
    ["SERVER_BUSY", undefined, "SocketTimeout"],
    ["TRANSACTION_ACTIVE", undefined, "SocketTimeout"],
    ["TRANSACTION_TIMEOUT", undefined, "TransactionAlreadyClosed"],
    ["NAMESPACE_NOT_FOUND", undefined, "DatabaseDoesNotExist"],
    ["ARGS_INVALID", undefined, "InvalidInputValue"],
    ["SQLITE_MISMATCH", undefined, "InvalidInputValue"],
    ["SQLITE_TOOBIG", undefined, "LengthMismatch"],
    ["CLIENT_CLOSED", undefined, "ConnectionClosed"],
    ["OUTCOME_UNKNOWN", undefined, "ConnectionClosed"],
    ["TRANSACTION_CLOSED", undefined, "TransactionAlreadyClosed"],
    ["CONNECTION_FAILED", undefined, "DatabaseNotReachable"],
    ["AUTH_FAILED", undefined, "AuthenticationFailed"],
    ["SQLITE_READONLY", undefined, "DatabaseAccessDenied"],
    ["SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_CHECK", "sqlite"],
  ])("%s %s is %s", (code, extendedCode, kind) => {
    expect(causeOf(toPrismaError(new LitefleetError("said so", code, { extendedCode })))).toMatchObject({ kind });
  });

  test("a transaction that a conflict ended is a conflict to its later calls", () => {
    const cause = new LitefleetError("Write-write conflict", "CONFLICT", { isRetryable: true });
    const closed = new LitefleetError("The transaction is closed", "TRANSACTION_CLOSED", { cause });
    expect(causeOf(toPrismaError(closed))).toEqual({ kind: "TransactionWriteConflict" });
  });

  test("carries the driver's code and words", () => {
    const error = toPrismaError(new LitefleetError("said so", "SQLITE_CONSTRAINT", { rawCode: 275 }));
    expect(error).toMatchObject({ cause: { originalCode: "275", originalMessage: "said so", extendedCode: 275 } });
  });

  test("leaves alone what Prisma has no kind for", () => {
    for (const error of [new LitefleetError("no", "UNSUPPORTED"), new TypeError("bug"), "thrown"]) {
      expect(toPrismaError(error)).toBe(error);
    }
  });
});
