import { Column, is, Param } from "drizzle-orm";
import { checkInt64, checkSafe, checkSafeText } from "./integer-limits.ts";

/**
 * Refuses an integer that a column would store and could not give back.
 *
 * @param encoder what the value is meant for: a column, or something that is none of our business.
 * @throws {RangeError} for an integer beyond 2^53 that is meant for a column of numbers, and for one beyond 64 bits.
 */
export function checkInteger(encoder: unknown, value: unknown): void {
  // Most values need no look at their column.
  if (Number.isSafeInteger(value) || !is(encoder, Column)) return;
  const check = checks[encoder.columnType];
  if (check !== undefined) check(value, `the column "${encoder.name}"`);
}

/** By `columnType`, which costs less to compare than a class. */
const checks: Readonly<Partial<Record<string, (value: unknown, column: string) => void>>> = {
  SQLiteInteger: checkSafe,
  SQLiteNumeric: checkSafeText,
  SQLiteNumericNumber: checkSafeText,
  SQLiteNumericBigInt: checkInt64,
};

/** The same for values that were filled in for placeholders: `given` are the parameters as they were built. */
export function checkFilled(given: readonly unknown[], filled: readonly unknown[]): void {
  for (let i = 0; i < filled.length; i += 1) {
    const parameter = given[i];
    if (filled[i] !== parameter && is(parameter, Param)) checkInteger(parameter.encoder, filled[i]);
  }
}
