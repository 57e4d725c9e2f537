import type { RawResult } from "../api.ts";
import { LitefleetBatchError, LitefleetError, plainMessage } from "../errors.ts";
import { extendedCodeName } from "../sqlite-codes.ts";
import { isWholeKey, readUniqueFailure } from "../unique-failure.ts";

const primaryKey = 1555;
const unique = 2067;

/** Reads something of the database, outside of every transaction. */
export type Lookup = (sql: string, args: readonly string[]) => Promise<RawResult>;

/**
 * An error with `extendedCode` and `rawCode` of what was violated, a primary key or another unique index. A server says neither, so
 * the table is looked at, at the price of a round trip. What cannot be found out is left as it is: a table that the transaction under
 * way has made, or a server that is gone by now.
 */
export async function explainUnique(error: unknown, look: Lookup): Promise<unknown> {
  if (!(error instanceof LitefleetError) && !(error instanceof LitefleetBatchError)) return error;
  if (error.code !== "SQLITE_CONSTRAINT" || error.extendedCode !== undefined) return error;
  const failure = readUniqueFailure(error.message);
  if (failure === undefined) return error;
  const key = await keyOf(failure.table, look);
  if (key === undefined) return error;
  const rawCode = isWholeKey(failure.columns, key) ? primaryKey : unique;
  const details = { extendedCode: extendedCodeName(rawCode), rawCode, isRetryable: false, cause: error.cause };
  const message = plainMessage(error);
  return error instanceof LitefleetBatchError
    ? new LitefleetBatchError(message, error.statementIndex, error.code, details)
    : new LitefleetError(message, error.code, details);
}

/** The columns of a table's primary key; `undefined` for a table that is not there. */
async function keyOf(table: string, look: Lookup): Promise<string[] | undefined> {
  try {
    const { rows } = await look("SELECT name, pk FROM pragma_table_info(?)", [table]);
    if (rows.length === 0) return undefined;
    return rows.filter(([, position]) => Number(position) > 0).map(([name]) => String(name));
  } catch {
    // This only refines an error: whatever happens here must not hide it.
    return undefined;
  }
}
