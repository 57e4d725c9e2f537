import type { IntMode } from "./api.ts";

/**
 * An SQLite integer in the form that `mode` asks for.
 *
 * @throws {RangeError} in mode `"number"` beyond 2^53.
 */
export function decodeInteger(value: bigint, mode: IntMode): number | bigint | string {
  if (mode === "bigint") return value;
  if (mode === "string") return value.toString();
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  if (mode === "auto") return value;
  throw new RangeError("Received integer which cannot be safely represented as a JavaScript number");
}
