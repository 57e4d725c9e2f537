import { describe, expect, it } from "vitest";
import { networkFailure, serverError, statusFailure } from "../src/remote/classify.ts";

describe("what a server says of a statement", () => {
  it.each([
    ["SQLite error: UNIQUE constraint failed: t.b", "SQLITE_CONSTRAINT", undefined, 19],
    ["SQLite error: UNIQUE constraint failed: index 'i'", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_UNIQUE", 2067],
    ["SQLite error: no such table: t", "SQLITE_ERROR", undefined, 1],
    ["SQLite error: UNIQUE constraint failed: t.rowid", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_ROWID", 2579],
    ["SQLite error: FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_FOREIGNKEY", 787],
    ["SQLite error: NOT NULL constraint failed: t.c", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_NOTNULL", 1299],
    ["SQLite error: CHECK constraint failed: d > 0", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_CHECK", 275],
    [
      "SQLite error: cannot store TEXT value in INTEGER column t.n",
      "SQLITE_CONSTRAINT",
      "SQLITE_CONSTRAINT_DATATYPE",
      3091,
    ],
    ["SQLite error: raised by a trigger", "SQLITE_CONSTRAINT", undefined, 19],
    ["UNIQUE constraint failed: t.b", "SQLITE_UNKNOWN", undefined, undefined],
  ])("%s (%s)", (message, code, extendedCode, rawCode) => {
    expect(serverError({ message, code })).toMatchObject({ code, extendedCode, rawCode, isRetryable: false });
  });

  it.each(["SQLITE_BUSY", "SQLITE_LOCKED", "TRANSACTION_TIMEOUT", "TRANSACTION_BUSY"])(
    "may be tried again: %s",
    (code) => {
      expect(serverError({ message: "no", code })).toMatchObject({ code, isRetryable: true });
    },
  );

  it("has a code also where the server gives none", () => {
    expect(serverError({ message: "no" }).code).toBe("SERVER_ERROR");
    expect(serverError({ message: "no", code: "AUTH_JWT_INVALID" }).code).toBe("AUTH_FAILED");
  });
});

describe("an HTTP status", () => {
  it.each([
    [
      400,
      '{"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"}',
      "STREAM_EXPIRED",
      true,
      "none",
    ],
    [400, "Received an invalid baton", "STREAM_EXPIRED", true, "none"],
    [400, "Cannot deserialize client message from JSON", "SERVER_ERROR", false, "none"],
    [401, '{"error":"Unauthorized: `The JWT is invalid`"}', "AUTH_FAILED", false, "none"],
    [403, '{"error":"Authorization forbidden"}', "AUTH_FAILED", false, "none"],
    [404, '{"error":"Namespace `nope` doesn\'t exist"}', "NAMESPACE_NOT_FOUND", true, "none"],
    [404, "", "SERVER_ERROR", false, "none"],
    [429, '{"error":"Timed out while opening database connection"}', "SERVER_BUSY", true, "none"],
    [503, "", "SERVER_BUSY", true, "none"],
    [500, '{"error":"invalid utf-8 sequence of 1 bytes from index 0"}', "SERVER_ERROR", false, "unknown"],
    [500, '{"error":"Checkpoint failed"}', "SERVER_ERROR", true, "none"],
    [500, '{"error":"Internal Error: `SQL string could not be parsed: near x`"}', "SQL_PARSE_ERROR", false, "none"],
    [502, "<html>Bad gateway</html>", "SERVER_ERROR", true, "unknown"],
    [504, "", "SERVER_ERROR", true, "unknown"],
  ] as const)("%i %s", (status, body, code, isRetryable, effect) => {
    const failure = statusFailure(status, body);
    expect(failure).toMatchObject({ effect, error: { code, isRetryable } });
    const seenByWriter = effect === "none" ? code : "OUTCOME_UNKNOWN";
    expect(failure.toError(false)).toMatchObject({ code: seenByWriter });
    expect(failure.toError(true)).toMatchObject({ code });
  });

  it("does not quote a page of HTML", () => {
    expect(statusFailure(502, "<html>Bad gateway</html>").error.message).not.toContain("html");
  });
});

describe("a network error", () => {
  it.each([
    [new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }) }), "none"],
    [Object.assign(new AggregateError([Object.assign(new Error("no"), { code: "ENOTFOUND" })])), "none"],
    [new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ECONNRESET" }) }), "unknown"],
    [new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "UND_ERR_SOCKET" }) }), "unknown"],
    [new TypeError("Network connection lost."), "unknown"],
    ["what is this", "unknown"],
  ] as const)("%s", (error, effect) => {
    expect(networkFailure(error)).toMatchObject({ effect, error: { code: "CONNECTION_FAILED", isRetryable: true } });
  });
});
