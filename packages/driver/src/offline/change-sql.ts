import type { SqlValue } from "../engine.ts";
import type { Change } from "./change.ts";
import type { Row } from "./stored-values.ts";

/** A statement with its arguments in order. */
export interface Sql {
  readonly sql: string;
  readonly args: readonly SqlValue[];
}

/** A statement of a change: one that does something, or one that looks whether it may. */
export interface ChangeSql extends Sql {
  /** It gives one row: 1, or 0 if the row is not as the change expects it. */
  readonly isCheck: boolean;
}

/** What a failed check says. */
export const failedCheck = "integer overflow";

/** Whether an error says that a check has failed. */
export function isFailedCheck(message: string): boolean {
  return message.includes(failedCheck);
}

/**
 * The same check as a statement that fails, and with it the transaction around it. SQL has no error to raise outside of a
 * trigger but one of arithmetic.
 */
export function raising({ sql, args }: Sql): Sql {
  return { sql: `SELECT CASE WHEN (${sql}) THEN 1 ELSE abs(-9223372036854775808) END`, args };
}

/**
 * The statements that carry out a change if the row is as it was when the change was made. Columns that the change does not touch may
 * have changed in the meantime. That the row is already as the change would have it is not enough: two that count from 5 to 6 make 7.
 */
export function sqlOf(change: Change): ChangeSql[] {
  const { table, before, after, sets } = change;
  if (change.isUnsure === true) return [{ sql: "SELECT 0", args: [], isCheck: true }];
  if (before === undefined) return after === undefined ? [] : [insertSql(table, after)];
  if (after === undefined) {
    const [gone, unchanged] = [new Arguments(), new Arguments()];
    const isGone = `NOT EXISTS ${rowWhere(change, before, [], gone)}`;
    const isUnchanged = `EXISTS ${rowWhere(change, before, Object.keys(before), unchanged)}`;
    const check = { sql: `SELECT ${isGone} OR ${isUnchanged}`, args: [...gone.all, ...unchanged.all], isCheck: true };
    const values = new Arguments();
    const sql = `DELETE FROM ${quoted(table)} WHERE ${keyOfRow(change, before, values)}`;
    return [check, { sql, args: values.all, isCheck: false }];
  }
  const expected = new Arguments();
  const check = { sql: `SELECT EXISTS ${rowWhere(change, before, sets, expected)}`, args: expected.all, isCheck: true };
  if (sets.length === 0) return [check];
  const values = new Arguments();
  const assignments = sets.map((name) => `${quoted(name)} = ${values.add(after[name] ?? null)}`);
  const sql = `UPDATE ${quoted(table)} SET ${assignments.join(", ")} WHERE ${keyOfRow(change, before, values)}`;
  return [check, { sql, args: values.all, isCheck: false }];
}

/** Reads the row with the key that a change's row had before it. */
export function rowSql(change: Change, columns: readonly string[]): Sql {
  const values = new Arguments();
  const where = keyOfRow(change, change.before ?? change.after ?? {}, values);
  return {
    sql: `SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(change.table)} WHERE ${where}`,
    args: values.all,
  };
}

/** A name in SQL text. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function insertSql(table: string, after: Row): ChangeSql {
  const values = new Arguments();
  const names = Object.keys(after);
  const given = names.map((name) => values.add(after[name] ?? null));
  const sql = `INSERT INTO ${quoted(table)} (${names.map(quoted).join(", ")}) VALUES (${given.join(", ")})`;
  return { sql, args: values.all, isCheck: false };
}

/** The row with a key, if it has the values that `row` has in these columns. */
function rowWhere(change: Change, row: Row, columns: readonly string[], values: Arguments): string {
  const where = [keyOfRow(change, row, values), ...columns.map((name) => same(name, row, values))];
  return `(SELECT 1 FROM ${quoted(change.table)} WHERE ${where.join(" AND ")})`;
}

/** With `=`, which the engine looks up in an index, as it does not with `IS`. */
function keyOfRow(change: Change, row: Row, values: Arguments): string {
  const terms = change.keyColumns.map((name) => {
    const value = row[name] ?? null;
    return value === null ? `${quoted(name)} IS NULL` : `${quoted(name)} = ${values.add(value)}`;
  });
  return terms.join(" AND ");
}

/** Whatever the column's collation: `a` and `A` are not the same value. */
function same(name: string, row: Row, values: Arguments): string {
  return `${quoted(name)} COLLATE BINARY IS ${values.add(row[name] ?? null)}`;
}

class Arguments {
  readonly all: SqlValue[] = [];

  /** Gives the text that stands for the value. Infinity cannot be sent. */
  add(value: SqlValue): string {
    if (value === Number.POSITIVE_INFINITY) return "9e999";
    if (value === Number.NEGATIVE_INFINITY) return "-9e999";
    this.all.push(value);
    return "?";
  }
}
