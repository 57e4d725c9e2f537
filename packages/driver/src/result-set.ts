import type { ResultSet, Row } from "@libsql/core/api";
import { ResultSetImpl } from "@libsql/core/util";
import type { RawResult } from "./api.ts";
import { rowFactory } from "./row-class.ts";

/** The rows of a result as objects. */
export function toRows(result: RawResult): Row[] {
  const { rows } = result;
  if (rows.length === 0) return [];
  const create = rowFactory(result.columns);
  const made = new Array<Row>(rows.length);
  for (let i = 0; i < rows.length; i += 1) made[i] = create(rows[i]!);
  return made;
}

/** A result in the form of `@libsql/client`. */
export function toResultSet(result: RawResult): ResultSet {
  return new ResultSetImpl(
    [...result.columns],
    [...result.columnTypes],
    toRows(result),
    result.rowsAffected,
    result.lastInsertRowid,
  );
}
