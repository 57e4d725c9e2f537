import type { ResultSet, Row } from "@libsql/core/api";
import { ResultSetImpl } from "@libsql/core/util";
import type { RawResult } from "./api.ts";
import { rowFactory } from "./row-class.ts";

/** The columns of every statement that has none: a batch of writes needs no arrays of its own for each. */
const noColumns: string[] = [];
Object.freeze(noColumns);

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
  const { columns, columnTypes, rowsAffected, lastInsertRowid } = result;
  const isWithout = columns.length === 0;
  return new ResultSetImpl(
    isWithout ? noColumns : [...columns],
    isWithout ? noColumns : [...columnTypes],
    toRows(result),
    rowsAffected,
    lastInsertRowid,
  );
}
