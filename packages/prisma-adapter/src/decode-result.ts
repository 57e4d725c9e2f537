import type { RawResult, Value } from "@litefleet/driver";
import { ColumnTypeEnum, DriverAdapterError } from "@prisma/driver-adapter-utils";
import type { ColumnType, SqlResultSet } from "@prisma/driver-adapter-utils";
import { columnTypesOf, widened } from "./column-types.ts";

/**
 * A result as Prisma reads it. Takes over the rows: they are changed in place.
 *
 * @throws {DriverAdapterError} `InconsistentColumnData` for a number in a DateTime column that is no point in time.
 */
export function decodeResult(result: RawResult): SqlResultSet {
  const { columns, rows, lastInsertRowid } = result;
  const columnTypes = columnTypesOf(result.columnTypes, rows);
  let exact: Set<number> | undefined;
  for (const row of rows) {
    const cells: unknown[] = row;
    for (let c = 0; c < row.length; c += 1) {
      const value = row[c]!;
      if (typeof value === "bigint") (exact ??= new Set()).add(c);
      const decoded = decodeValue(value, columnTypes[c], columns[c]);
      if (decoded !== value) cells[c] = decoded;
    }
  }
  for (const c of exact ?? []) {
    columnTypes[c] = widened(
      columnTypes[c]!,
      rows.map((row) => row[c]),
    );
  }
  const resultSet: SqlResultSet = { columnNames: [...columns], columnTypes, rows };
  if (lastInsertRowid !== undefined) resultSet.lastInsertId = lastInsertRowid.toString();
  return resultSet;
}

function decodeValue(value: Value, type: ColumnType | undefined, column: string | undefined): unknown {
  switch (typeof value) {
    case "string":
      return type === ColumnTypeEnum.DateTime ? decodeDateText(value) : value;
    case "number":
      return decodeNumber(value, type, column);
    case "bigint":
      // Prisma takes integers beyond 2^53 as text.
      return type === ColumnTypeEnum.DateTime ? decodeTime(Number(value), column) : value.toString();
    default:
      return value === null ? null : new Uint8Array(value);
  }
}

function decodeNumber(value: number, type: ColumnType | undefined, column: string | undefined): unknown {
  switch (type) {
    case ColumnTypeEnum.Int32:
    case ColumnTypeEnum.Int64:
      return Number.isInteger(value) ? value : Math.trunc(value);
    case ColumnTypeEnum.DateTime:
      return decodeTime(value, column);
    case ColumnTypeEnum.Json:
      // JSONB is a NUMERIC column to SQLite, which turns the text `5` into the number 5.
      return String(value);
    default:
      return value;
  }
}

function decodeTime(milliseconds: number, column: string | undefined): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) {
    const cause = `Column ${JSON.stringify(column)} holds ${milliseconds}, which is no time in milliseconds since 1970`;
    throw new DriverAdapterError({ kind: "InconsistentColumnData", cause, originalMessage: cause });
  }
  return date.toISOString();
}

const withoutZone = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)$/;

/** SQLite's own `CURRENT_TIMESTAMP` is UTC and does not say so; JavaScript would read it as local time. */
function decodeDateText(text: string): string {
  return text.replace(withoutZone, "$1T$2Z");
}
