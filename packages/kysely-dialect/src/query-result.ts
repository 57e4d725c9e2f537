import type { RawResult, Value } from "@litefleet/driver";
import type { QueryResult } from "kysely";
import { toBytes } from "./bytes.ts";
import type { LastInsertId } from "./last-insert-id.ts";

/** A row as Kysely's users get it: a plain object, blobs as `Uint8Array`. */
export type PlainRow = Record<string, unknown>;

/**
 * A driver's result in the form of Kysely, as its own SQLite dialect gives it: a statement that returns rows has nothing but
 * those; any other has `numAffectedRows` and, once something was inserted on its connection, `insertId`.
 */
export function toQueryResult(result: RawResult, lastInsertId: LastInsertId): QueryResult<PlainRow> {
  const insertId = lastInsertId.after(result.lastInsertRowid);
  if (result.columns.length > 0) return { rows: toPlainRows(result.columns, result.rows) };
  return {
    insertId,
    numAffectedRows: BigInt(result.rowsAffected),
    rows: [],
  };
}

/** Objects for arrays of values. Where a column name repeats, the last one wins, as in Kysely's other dialects. */
export function toPlainRows(columns: readonly string[], rows: readonly (readonly Value[])[]): PlainRow[] {
  // Setting `__proto__` on an object changes what it inherits from instead of adding a field.
  const set = columns.includes("__proto__") ? defineField : setField;
  return rows.map((values) => {
    const row: PlainRow = {};
    for (let i = 0; i < columns.length; i += 1) set(row, columns[i] ?? "", toPlainValue(values[i]));
    return row;
  });
}

/** A value that was read, in the form in which it is also written: the bytes of a blob as `Uint8Array`. */
export function toPlainValue(value: Value | undefined): unknown {
  return value instanceof ArrayBuffer ? toBytes(value) : value;
}

function setField(row: PlainRow, name: string, value: unknown): void {
  row[name] = value;
}

function defineField(row: PlainRow, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
}
