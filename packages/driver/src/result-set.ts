import type { ResultSet, Row } from "@libsql/core/api";
import { ResultSetImpl } from "@libsql/core/util";
import type { RawResult } from "./api.ts";
import { rowFactory } from "./row-class.ts";

/** The columns of every statement that has none: a batch of writes needs no arrays of its own for each. */
const noColumns: string[] = [];
Object.freeze(noColumns);

/** The rows of a result as objects; of none, the same array. */
export function toRows(result: RawResult): Row[] {
  const { rows } = result;
  if (rows.length === 0) return rows as [];
  const create = rowFactory(result.columns);
  const made = new Array<Row>(rows.length);
  for (let i = 0; i < rows.length; i += 1) made[i] = create(rows[i]!);
  return made;
}

/** Results in the form of `@libsql/client`, in place of what they were: so many need not be there twice. */
export function toResultSets(results: RawResult[]): ResultSet[] {
  const sets = results as (RawResult | ResultSet)[];
  for (let i = 0; i < results.length; i += 1) sets[i] = toResultSet(results[i]!);
  return sets as ResultSet[];
}

/** The result of a statement that gives no rows: in the form of `@libsql/client` from the start, for there may be very many. */
export function rowlessResult(rowsAffected: number, lastInsertRowid: bigint | undefined): RawResult {
  return new ResultSetImpl(noColumns, noColumns, [], rowsAffected, lastInsertRowid);
}

/** A result in the form of `@libsql/client`. */
export function toResultSet(result: RawResult): ResultSet {
  if (result instanceof ResultSetImpl) return result;
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
