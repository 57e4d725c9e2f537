import type { ErrorCode } from "../errors.ts";
import { LitefleetError } from "../errors.ts";
import { markNeedsExclusive } from "../needs-exclusive.ts";
import { baseCodeName, extendedCodeName } from "../sqlite-codes.ts";

/** A text of the engine and what it means. The first row that matches counts. */
export interface MessageRow {
  readonly pattern: RegExp;
  /** A code of ours. Left out: the name of `rawCode`. */
  readonly code?: ErrorCode;
  /** SQLite's number for it, extended form. */
  readonly rawCode?: number;
  readonly isRetryable?: boolean;
  /** Must run again in a transaction that has the database for itself. */
  readonly needsExclusive?: boolean;
  /** What the reader can do about it, added to the message. */
  readonly advice?: string;
}

const conflict = { code: "CONFLICT", isRetryable: true } as const;
const beginAgain = "The transaction was rolled back; run all of it again.";
const limit = { code: "UNSUPPORTED" } as const;
const useLibsql = 'The Turso engine cannot do this; use engine: "libsql" where you need it.';

/**
 * Everything that Turso Database 0.7 says and a program must tell apart. All its errors carry the same code, so the text is
 * all there is.
 *
 * After the first four rows the engine has rolled the transaction back already; after `BUSY` rows it is still open.
 */
export const messageTable: readonly MessageRow[] = [
  { pattern: /Write-write conflict/, ...conflict, advice: beginAgain },
  { pattern: /Database schema conflict/, ...conflict, advice: beginAgain },
  { pattern: /Commit dependency aborted/, ...conflict, advice: beginAgain },
  { pattern: /Transaction terminated/, ...conflict, advice: beginAgain },
  {
    pattern: /DDL statements require an exclusive transaction/,
    ...conflict,
    needsExclusive: true,
    advice: 'Run it in a transaction of mode "write".',
  },
  { pattern: /snapshot is stale/i, rawCode: 517, isRetryable: true },
  { pattern: /File is locked by another process/, rawCode: 5, isRetryable: true },
  { pattern: /Runtime error: database table is locked/, rawCode: 6, isRetryable: true },
  { pattern: /database is locked|Database is busy/, rawCode: 5, isRetryable: true },
  { pattern: /Database schema changed/, rawCode: 17, isRetryable: true },
  { pattern: /SQL statements in progress/, rawCode: 1 },

  { pattern: /UNIQUE constraint failed/, rawCode: 2067 },
  { pattern: /NOT NULL constraint failed/, rawCode: 1299 },
  { pattern: /CHECK constraint failed/, rawCode: 275 },
  { pattern: /foreign key constraint failed/i, rawCode: 787 },
  { pattern: /cannot store \w+ value in \w+ column/, rawCode: 3091 },

  { pattern: /Concurrent transaction mode is only supported when MVCC is enabled/, ...limit, advice: useLibsql },
  { pattern: /not supported in MVCC mode|in MVCC mode is not supported/, ...limit, advice: useLibsql },
  {
    pattern: /experimental feature|--experimental-|feature is not enabled|requires experimental/,
    ...limit,
    advice: useLibsql,
  },
  {
    pattern: /not yet supported|generated columns are not supported|Unsupported text encoding/,
    ...limit,
    advice: useLibsql,
  },
  { pattern: /no such module|in module name|in module argument list/, ...limit, advice: useLibsql },
  {
    pattern:
      /no such function: (rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|nth_value|vector_top_k|vector16|vectorb16)$/i,
    ...limit,
    advice: useLibsql,
  },
  { pattern: /no such table: vector_top_k|CREATE INDEX: libsql_vector_idx/i, ...limit, advice: useLibsql },

  { pattern: /Resource is read-only|in query_only mode/, rawCode: 8 },
  { pattern: /was interrupted|: interrupt$/, rawCode: 9 },
  { pattern: /File is not a database|in database header|short read on page 1/, rawCode: 26 },
  { pattern: /Corrupt database|Checksum mismatch/, rawCode: 11 },
  { pattern: /Database is full|storage full|no storage space/i, rawCode: 13 },
  { pattern: /I\/O error \((open|statfs[^)]*)\)/, rawCode: 14 },
  { pattern: /I\/O error|IO error/, rawCode: 10 },
  { pattern: /Out of memory/, rawCode: 7 },
  { pattern: /string or blob too big/, rawCode: 18 },
  { pattern: /datatype mismatch/, rawCode: 20 },
  { pattern: /has been finalized|database must be connected/, code: "CLIENT_CLOSED" },
];

/** Anything else is what SQLite calls a generic error: wrong SQL, a missing table, a failed function. */
const otherwise: MessageRow = { pattern: /^/, rawCode: 1 };

/** What Turso threw, as an error of ours. An error of ours passes through. */
export function classifyTurso(error: unknown): LitefleetError {
  if (error instanceof LitefleetError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const row = messageTable.find(({ pattern }) => pattern.test(text)) ?? otherwise;
  return toError(row, readable(text), error);
}

/** The same failure, once it is known that the columns that must be unique are the primary key. */
export function asPrimaryKeyFailure(error: LitefleetError): LitefleetError {
  const text = error.message.slice(error.code.length + 2);
  return toError({ pattern: /^/, rawCode: 1555 }, text, error.cause);
}

/** The error for a `statement` of the schema inside a concurrent transaction: the next run of it must be exclusive. */
export function ddlInConcurrent(statement: string): LitefleetError {
  return classifyTurso(new Error(`${statement}: DDL statements require an exclusive transaction`));
}

/** The error for a checked concurrent transaction that would leave an orphan because of another one. */
export function orphanConflict(child: string, parent: string): LitefleetError {
  return new LitefleetError(
    `A row of ${child} would be left without its row of ${parent}, which another transaction has written meanwhile. ${beginAgain}`,
    "CONFLICT",
    { isRetryable: true },
  );
}

/** The error for a checked concurrent transaction that cannot be followed: the next run of it must be exclusive. */
export function needsExclusiveForKeys(why: string): LitefleetError {
  return markNeedsExclusive(
    new LitefleetError(
      `${why}, which foreignKeys: "checked" cannot follow in a concurrent transaction. Run it in a transaction of mode "write".`,
      "CONFLICT",
      { isRetryable: true },
    ),
  );
}

/** Whether another transaction was in the way, and the whole transaction may be run again as it is. */
export function isConflict(error: unknown): error is LitefleetError {
  return error instanceof Error && "code" in error && error.code === "CONFLICT";
}

/** Whether the schema changed under a statement. SQLite compiles and runs it again by itself; this engine leaves that to the caller. */
export function isSchemaChange(error: unknown): error is LitefleetError {
  return error instanceof LitefleetError && error.rawCode === 17;
}

function toError(row: MessageRow, text: string, cause: unknown): LitefleetError {
  const { rawCode, isRetryable, advice } = row;
  const code = row.code ?? baseCodeName(rawCode ?? 1);
  const extendedCode = rawCode === undefined ? undefined : extendedCodeName(rawCode);
  const message = advice === undefined ? text : `${text}. ${advice}`;
  const error = new LitefleetError(message, code, { extendedCode, rawCode, isRetryable, cause });
  return row.needsExclusive === true ? markNeedsExclusive(error) : error;
}

/** The text without the engine's own framing, in the words that SQLite uses. */
function readable(text: string): string {
  return text
    .replace(/^(prepare failed|step failed|failed to consume stmt|failed to connect): /, "")
    .replace(/^(Parse|Runtime|Transaction|Conversion|Locking|Planning|Internal) error: |^Error: /, "")
    .replace(/ \(19\)$/, "")
    .replace(/^(?:deferred|immediate) foreign key constraint failed.*/, "FOREIGN KEY constraint failed")
    .replace(/(UNIQUE constraint failed: )(.+)\.\((.+)\)$/, (_, head: string, table: string, columns: string) => {
      const names = columns.split(", ").map((column) => `${table}.${column}`);
      return head + names.join(", ");
    });
}
