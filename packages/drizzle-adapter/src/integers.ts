import { is, Param } from "drizzle-orm";
import { SQLiteInteger } from "drizzle-orm/sqlite-core";

/**
 * Refuses an integer that a column of numbers would store and could not give back.
 *
 * @throws {RangeError} for an integer beyond 2^53 that is meant for an `integer()` column of numbers.
 */
export function checkInteger(encoder: unknown, value: unknown): void {
  if (!isUnsafe(value) || !is(encoder, SQLiteInteger)) return;
  throw new RangeError(
    `${value} lies beyond what the numbers of the integer() column "${encoder.name}" can tell apart; store it in a ` +
      'blob("…", { mode: "bigint" }) or as text',
  );
}

/** The same for values that were filled in for placeholders: `given` are the parameters as they were built. */
export function checkFilled(given: readonly unknown[], filled: readonly unknown[]): void {
  for (let i = 0; i < filled.length; i += 1) {
    if (!isUnsafe(filled[i])) continue;
    const parameter = given[i];
    if (is(parameter, Param)) checkInteger(parameter.encoder, filled[i]);
  }
}

function isUnsafe(value: unknown): value is number | bigint {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "bigint" && !Number.isSafeInteger(Number(value));
}
