import { type BuildRelationalQueryResult, Column, is, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { nestedFields } from "./drizzle-internals.ts";
import { checkSafe } from "./integer-limits.ts";

/** A column inside of JSON, where nested rows come from. */
interface InJson {
  /** The column as SQL that JSON can hold; absent where it can hold the column as it is. */
  readonly select?: (name: SQL) => SQL;
  /** What was read of it, as the column's decoder takes it. */
  readonly read: (value: unknown, column: Column) => unknown;
}

const bytes: InJson = {
  // What a column of blobs holds may be text, or a number, all the same.
  select: (name) =>
    sql`case typeof(${name}) when 'blob' then 'x' || hex(${name}) when 'text' then 't' || ${name} else ${name} end`,
  read: (value) => {
    if (typeof value !== "string") return value;
    return value.startsWith("x") ? Buffer.from(value.slice(1), "hex") : value.slice(1);
  },
};

const numeric: InJson = {
  select: (name) =>
    sql`case when typeof(${name}) = 'integer' and ${name} not between -9007199254740991 and 9007199254740991 then cast(${name} as text) else ${name} end`,
  read: (value) => value,
};

const numericNumber: InJson = {
  ...numeric,
  read: (value, column) => {
    if (typeof value === "string") checkSafe(Number(value), `the column "${column.name}"`);
    return value;
  },
};

const integer: InJson = {
  read: (value, column) => {
    checkSafe(value, `the column "${column.name}"`);
    return value;
  },
};

const kinds: Readonly<Partial<Record<string, InJson>>> = {
  SQLiteBlobBuffer: bytes,
  SQLiteBlobJson: bytes,
  SQLiteBigInt: bytes,
  SQLiteNumeric: numeric,
  SQLiteNumericBigInt: numeric,
  SQLiteNumericNumber: numericNumber,
  SQLiteInteger: integer,
};

/**
 * Makes the nested part of a relational query read what JSON cannot hold: blobs travel as hexadecimal digits and integers beyond 2^53 as
 * text. Drizzle selects the columns as they are, which is an error for blobs, and another number for such integers.
 */
export function readableInJson(
  built: BuildRelationalQueryResult<SQLiteTable, SQLiteColumn>,
): BuildRelationalQueryResult<SQLiteTable, SQLiteColumn> {
  const selection = built.selection.map((item, index) => {
    const { field: column } = item;
    if (!is(column, Column)) return item;
    const kind = inJson(column);
    if (kind === undefined) return item;
    if (kind.select !== undefined) nestedFields(built).replace(index, kind.select);
    return { ...item, field: sql``.mapWith((value: unknown) => column.mapFromDriverValue(kind.read(value, column))) };
  });
  return { ...built, selection };
}

function inJson(column: Column): InJson | undefined {
  if (column.columnType === "SQLiteCustomColumn") return /blob/iu.test(column.getSQLType()) ? bytes : undefined;
  return kinds[column.columnType];
}
