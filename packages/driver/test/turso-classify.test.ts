import { describe, expect, it } from "vitest";
import { LitefleetError } from "../src/errors.ts";
import { needsExclusive } from "../src/needs-exclusive.ts";
import { classifyTurso, isConflict, messageTable } from "../src/turso/classify.ts";

interface Sample {
  readonly text: string;
  readonly code: string;
  readonly rawCode?: number;
  readonly extendedCode?: string;
  readonly isRetryable?: boolean;
  /** Whether the next run needs the database for itself. */
  readonly isExclusive?: boolean;
}

const conflict = { code: "CONFLICT", isRetryable: true } as const;
const constraint = (extendedCode: string, rawCode: number) => ({ code: "SQLITE_CONSTRAINT", extendedCode, rawCode });
const unsupported = { code: "UNSUPPORTED" } as const;
const generic = { code: "SQLITE_ERROR", extendedCode: "SQLITE_ERROR", rawCode: 1 } as const;

/** The engine's texts as it was seen to say them; each row of the table has one at least. */
const samples: readonly Sample[] = [
  { text: "step failed: Write-write conflict", ...conflict },
  { text: "step failed: Database schema conflict", ...conflict },
  { text: "step failed: Commit dependency aborted", ...conflict },
  { text: "step failed: Transaction terminated", ...conflict },
  {
    text: "step failed: Transaction error: DDL statements require an exclusive transaction (use BEGIN instead of BEGIN CONCURRENT)",
    ...conflict,
    isExclusive: true,
  },
  {
    text: "step failed: Database snapshot is stale. You must rollback and retry the whole transaction.",
    code: "SQLITE_BUSY",
    extendedCode: "SQLITE_BUSY_SNAPSHOT",
    rawCode: 517,
    isRetryable: true,
  },
  {
    text: "failed to open database /a.db: Locking error: Failed locking file '/a.db'. File is locked by another process",
    code: "SQLITE_BUSY",
    rawCode: 5,
    isRetryable: true,
  },
  {
    text: "step failed: Runtime error: database table is locked",
    code: "SQLITE_LOCKED",
    rawCode: 6,
    isRetryable: true,
  },
  { text: "database is locked", code: "SQLITE_BUSY", rawCode: 5, isRetryable: true },
  { text: "step failed: Database is busy", code: "SQLITE_BUSY", rawCode: 5, isRetryable: true },
  { text: "step failed: Database schema changed", code: "SQLITE_SCHEMA", rawCode: 17, isRetryable: true },
  { text: "step failed: cannot commit transaction - SQL statements in progress", ...generic },
  {
    text: "step failed: Runtime error: UNIQUE constraint failed: t.u (19)",
    ...constraint("SQLITE_CONSTRAINT_UNIQUE", 2067),
  },
  {
    text: "step failed: Runtime error: NOT NULL constraint failed: t.n (19)",
    ...constraint("SQLITE_CONSTRAINT_NOTNULL", 1299),
  },
  {
    text: "step failed: Runtime error: CHECK constraint failed: r > - 1 (19)",
    ...constraint("SQLITE_CONSTRAINT_CHECK", 275),
  },
  {
    text: "step failed: Runtime error: FOREIGN KEY constraint failed",
    ...constraint("SQLITE_CONSTRAINT_FOREIGNKEY", 787),
  },
  {
    text: "step failed: Runtime error: deferred foreign key constraint failed on commit",
    ...constraint("SQLITE_CONSTRAINT_FOREIGNKEY", 787),
  },
  {
    text: "step failed: Runtime error: cannot store TEXT value in int column s.a (19)",
    ...constraint("SQLITE_CONSTRAINT_DATATYPE", 3091),
  },
  {
    text: "step failed: Transaction error: Concurrent transaction mode is only supported when MVCC is enabled",
    ...unsupported,
  },
  { text: "step failed: Parse error: WITHOUT ROWID tables are not supported in MVCC mode", ...unsupported },
  {
    text: "prepare failed: Parse error: VACUUM is an experimental feature. Enable with --experimental-vacuum flag",
    ...unsupported,
  },
  { text: "prepare failed: Parse error: Recursive CTEs are not yet supported", ...unsupported },
  { text: "failed to open database /a.db: Parse error: Stored generated columns are not supported", ...unsupported },
  { text: "prepare failed: Parse error: no such module: fts5", ...unsupported },
  { text: "failed to open database /a.db: Invalid argument supplied: Expected 'USING' in module name", ...unsupported },
  { text: "prepare failed: Parse error: no such function: rank", ...unsupported },
  { text: "prepare failed: Parse error: no such table: vector_top_k", ...unsupported },
  { text: "step failed: Error: Resource is read-only", code: "SQLITE_READONLY", rawCode: 8 },
  {
    text: "prepare failed: Parse error: Cannot execute write statement in query_only mode",
    code: "SQLITE_READONLY",
    rawCode: 8,
  },
  { text: "statement was interrupted", code: "SQLITE_INTERRUPT", rawCode: 9 },
  {
    text: "failed to open database /a.db: Corrupt database: invalid page size in database header: 29728",
    code: "SQLITE_NOTADB",
    rawCode: 26,
  },
  { text: "step failed: Corrupt database: page 3", code: "SQLITE_CORRUPT", rawCode: 11 },
  { text: "step failed: Database is full: no pages", code: "SQLITE_FULL", rawCode: 13 },
  { text: "failed to open database /a: I/O error (open): is a directory", code: "SQLITE_CANTOPEN", rawCode: 14 },
  { text: "step failed: I/O error: partial write", code: "SQLITE_IOERR", rawCode: 10 },
  { text: "step failed: Out of memory", code: "SQLITE_NOMEM", rawCode: 7 },
  { text: "step failed: Runtime error: string or blob too big", code: "SQLITE_TOOBIG", rawCode: 18 },
  { text: "step failed: Runtime error: datatype mismatch", code: "SQLITE_MISMATCH", rawCode: 20 },
  { text: "statement has been finalized", code: "CLIENT_CLOSED" },
  { text: "prepare failed: Parse error: no such table: nope", ...generic },
  { text: 'prepare failed: near "selct": syntax error', ...generic },
  { text: "something that nobody has seen yet", ...generic },
];

describe("the table of the engine's texts", () => {
  it.each(samples)("$text", ({ text, isExclusive = false, ...expected }) => {
    const native = new Error(text);
    const error = classifyTurso(native);
    expect(error).toBeInstanceOf(LitefleetError);
    expect(error).toMatchObject({ isRetryable: false, ...expected });
    expect(error.cause).toBe(native);
    expect(needsExclusive(error)).toBe(isExclusive);
    expect(isConflict(error)).toBe(expected.code === "CONFLICT");
  });

  it("has a sample for each row", () => {
    const unseen = messageTable.filter(({ pattern }) => !samples.some(({ text }) => pattern.test(text)));
    expect(unseen.map(({ pattern }) => pattern.source)).toEqual([]);
  });

  it("gives the words of SQLite, without the engine's framing", () => {
    const text = (native: string): string => classifyTurso(new Error(native)).message;
    expect(text("step failed: Runtime error: UNIQUE constraint failed: t.u (19)")).toBe(
      "SQLITE_CONSTRAINT: UNIQUE constraint failed: t.u",
    );
    expect(text("step failed: Runtime error: UNIQUE constraint failed: t.(a, b) (19)")).toBe(
      "SQLITE_CONSTRAINT: UNIQUE constraint failed: t.a, t.b",
    );
    expect(text("prepare failed: Parse error: no such table: nope")).toBe("SQLITE_ERROR: no such table: nope");
  });

  it("lets an error of ours pass", () => {
    const ours = new LitefleetError("mine", "TIMEOUT");
    expect(classifyTurso(ours)).toBe(ours);
  });
});
