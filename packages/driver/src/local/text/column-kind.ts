/** What a column of a result may hold, as far as its declaration tells. Nothing is sure: SQLite stores any value anywhere. */
export type ColumnKind = "text" | "integer" | "real" | "blob" | "any";

/** What the library says of a result column. */
export interface ResultColumn {
  readonly name: string;
  /** The table whose column it is; `null` for an expression. */
  readonly table: string | null;
  /** As declared in CREATE TABLE; `null` for an expression. */
  readonly type: string | null;
}

/**
 * The kind of a result column, by SQLite's rules for the affinity of a declared type.
 *
 * @see https://www.sqlite.org/datatype3.html section 3.1
 */
export function columnKind({ table, type }: ResultColumn): ColumnKind {
  if (table === null || type === null) return "any";
  const declared = type.toUpperCase();
  if (declared.includes("INT")) return "integer";
  if (/CHAR|CLOB|TEXT/u.test(declared)) return "text";
  if (declared.includes("BLOB")) return "blob";
  return /REAL|FLOA|DOUB/u.test(declared) ? "real" : "any";
}
