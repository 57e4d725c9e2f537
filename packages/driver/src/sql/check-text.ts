import { LitefleetError } from "../errors.ts";

/**
 * Checks what is to be read as SQL.
 *
 * @throws {TypeError} if it is no string.
 * @throws {LitefleetError} `SQLITE_ERROR` if it holds a NUL character: libraries stop reading there and would run the text up to
 *   it, a DELETE without its WHERE, say.
 */
export function checkSqlText(sql: unknown): asserts sql is string {
  if (typeof sql !== "string") {
    throw new TypeError(`Expected SQL as a string, got ${sql === null ? "null" : typeof sql}`);
  }
  const at = sql.indexOf("\0");
  if (at < 0) return;
  const details = { extendedCode: "SQLITE_ERROR", rawCode: 1 };
  throw new LitefleetError(
    `The SQL text holds a NUL character at position ${at}; pass text that has one as an argument`,
    "SQLITE_ERROR",
    details,
  );
}
