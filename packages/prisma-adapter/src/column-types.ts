import type { Value } from "@litefleet/driver";
import { ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import type { ColumnType } from "@prisma/driver-adapter-utils";

/** BLOB is not among them: to SQLite it means no type at all, and the values decide. */
const declaredTypes: Readonly<Record<string, ColumnType>> = {
  DECIMAL: ColumnTypeEnum.Numeric,
  FLOAT: ColumnTypeEnum.Float,
  DOUBLE: ColumnTypeEnum.Double,
  "DOUBLE PRECISION": ColumnTypeEnum.Double,
  NUMERIC: ColumnTypeEnum.Double,
  REAL: ColumnTypeEnum.Double,
  TINYINT: ColumnTypeEnum.Int32,
  SMALLINT: ColumnTypeEnum.Int32,
  MEDIUMINT: ColumnTypeEnum.Int32,
  INT: ColumnTypeEnum.Int32,
  INTEGER: ColumnTypeEnum.Int32,
  SERIAL: ColumnTypeEnum.Int32,
  INT2: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  "UNSIGNED BIG INT": ColumnTypeEnum.Int64,
  INT8: ColumnTypeEnum.Int64,
  DATETIME: ColumnTypeEnum.DateTime,
  TIMESTAMP: ColumnTypeEnum.DateTime,
  TIME: ColumnTypeEnum.Time,
  DATE: ColumnTypeEnum.Date,
  TEXT: ColumnTypeEnum.Text,
  CLOB: ColumnTypeEnum.Text,
  CHARACTER: ColumnTypeEnum.Text,
  VARCHAR: ColumnTypeEnum.Text,
  "VARYING CHARACTER": ColumnTypeEnum.Text,
  NCHAR: ColumnTypeEnum.Text,
  "NATIVE CHARACTER": ColumnTypeEnum.Text,
  NVARCHAR: ColumnTypeEnum.Text,
  BOOLEAN: ColumnTypeEnum.Boolean,
  JSONB: ColumnTypeEnum.Json,
};

/** The types by the list of declared ones: the engines give the same list for each run of a statement. */
const knownLists = new WeakMap<readonly string[], readonly (ColumnType | undefined)[]>();

/**
 * The Prisma type of each column: from its declared type where Prisma has one for it, otherwise from the values. Only raw
 * queries see these types; for models Prisma goes by the schema.
 */
export function columnTypesOf(declared: readonly string[], rows: readonly (readonly Value[])[]): ColumnType[] {
  let known = knownLists.get(declared);
  if (known === undefined) {
    known = declared.map(declaredType);
    knownLists.set(declared, known);
  }
  return known.map((type, column) => type ?? typeOfValues(rows, column) ?? typeOfNulls(declared[column]!));
}

function declaredType(declared: string): ColumnType | undefined {
  if (declared === "") return undefined;
  // A length says nothing to SQLite: VARCHAR(255) is VARCHAR.
  const name = declared.replace(/\s*\(.*$/, "").toUpperCase();
  return Object.hasOwn(declaredTypes, name) ? declaredTypes[name] : undefined;
}

/** All values decide, not the first alone: in an expression's column each row may hold another kind. */
function typeOfValues(rows: readonly (readonly Value[])[], column: number): ColumnType | undefined {
  let type: ColumnType | undefined;
  for (const row of rows) {
    const value = row[column];
    if (value === null || value === undefined) continue;
    const next = typeOfValue(value);
    if (type === undefined) type = next;
    else if (type !== next) return typeOfMixture(rows, column);
  }
  return type;
}

function typeOfNulls(declared: string): ColumnType {
  return declared.toUpperCase() === "BLOB" ? ColumnTypeEnum.Bytes : ColumnTypeEnum.Int32;
}

function typeOfValue(value: NonNullable<Value>): ColumnType {
  switch (typeof value) {
    case "string":
      return ColumnTypeEnum.Text;
    case "bigint":
      return ColumnTypeEnum.Int64;
    case "number":
      return ColumnTypeEnum.UnknownNumber;
    default:
      return ColumnTypeEnum.Bytes;
  }
}

function typeOfMixture(rows: readonly (readonly Value[])[], column: number): ColumnType {
  const values = rows.map((row) => row[column]).filter((value) => value !== null);
  const isNumeric = values.every((value) => typeof value === "number" || typeof value === "bigint");
  // What has no common type goes through as it is, which is what Prisma does with an unknown one.
  return isNumeric ? widened(ColumnTypeEnum.UnknownNumber, values) : ColumnTypeEnum.UnknownNumber;
}

/** The type of a number column that holds an integer beyond 2^53, so that a raw query does not lose its digits. */
export function widened(type: ColumnType, values: readonly unknown[]): ColumnType {
  switch (type) {
    case ColumnTypeEnum.Int32:
    case ColumnTypeEnum.Float:
    case ColumnTypeEnum.Double:
    case ColumnTypeEnum.UnknownNumber: {
      const hasFraction = values.some((value) => typeof value === "number" && !Number.isInteger(value));
      return hasFraction ? ColumnTypeEnum.Numeric : ColumnTypeEnum.Int64;
    }
    default:
      return type;
  }
}
