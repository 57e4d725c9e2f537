import type { SqlValue } from "../engine.ts";

/** The values of a row by the names of its columns. Integers are bigints, reals are numbers. */
export type Row = Readonly<Record<string, SqlValue>>;

/** How a value is written in JSON: text as text, anything else in an object that says what it is. */
type Written = null | string | { readonly i: string } | { readonly r: string } | { readonly b: string };

/** A row in JSON, so that each value comes back as it was. */
export function writeRow(row: Row): Record<string, Written> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, writeValue(value)]));
}

/** The row that {@link writeRow} wrote. */
export function readRow(written: Readonly<Record<string, Written>>): Row {
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, readValue(value)]));
}

/** The row as users see it: integers are numbers where a number holds them. */
export function shownRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)]));
}

/** The row as we keep it, of what a user gave: a whole number is an integer, as in an argument of SQL text. */
export function keptRow(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, kept(name, value)]));
}

function writeValue(value: SqlValue): Written {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "bigint") return { i: String(value) };
  if (typeof value === "number") return { r: String(value) };
  return { b: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

function readValue(written: Written): SqlValue {
  if (written === null || typeof written === "string") return written;
  if ("i" in written) return BigInt(written.i);
  if ("r" in written) return Number(written.r);
  return new Uint8Array(Buffer.from(written.b, "base64"));
}

function shown(value: SqlValue): SqlValue {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function kept(name: string, value: unknown): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number" && !Number.isNaN(value)) return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`Column ${JSON.stringify(name)} of a rewritten row has a value that SQLite has no kind for`);
}
