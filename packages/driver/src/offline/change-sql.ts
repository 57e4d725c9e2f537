import type { SqlValue } from "../engine.ts";
import type { Change } from "./change.ts";
import type { Row } from "./stored-values.ts";

/** A statement with its arguments in order. */
export interface Sql {
  readonly sql: string;
  readonly args: readonly SqlValue[];
}

/** A statement of a change: one that does something, or one that looks whether that has come out as it should. */
export interface ChangeSql extends Sql {
  /** It gives one row: 1, or 0 if the row was not as the change expects it. */
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
 * The statements that carry out a change if the row is as it was when the change was made, and look whether they did. Columns that the
 * change does not touch may have changed in the meantime; a row that is already as the change would have it is fine.
 */
export function sqlOf(change: Change): ChangeSql[] {
  const { before, after, sets } = change;
  if (after === undefined) return deleteSql(change, before ?? {});
  if (before === undefined) return [insertSql(change, after)];
  const target = quoted(change.table);
  const values = new Arguments();
  const assignments = sets.map((name) => `${quoted(name)} = ${values.add(after[name] ?? null)}`);
  const unchanged = [keyOfRow(change, before, values), ...sets.map((name) => same(name, before, values))];
  const update = `UPDATE ${target} SET ${assignments.join(", ")} WHERE ${unchanged.join(" AND ")}`;
  return sets.length === 0 ? [] : [action(update, values), check("EXISTS", change, after, sets)];
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

function action(sql: string, values: Arguments): ChangeSql {
  return { sql, args: values.all, isCheck: false };
}

function insertSql(change: Change, after: Row): ChangeSql {
  const target = quoted(change.table);
  const values = new Arguments();
  const names = Object.keys(after);
  const given = names.map((name) => values.add(after[name] ?? null));
  const isThere = [keyOfRow(change, after, values), ...names.map((name) => same(name, after, values))].join(" AND ");
  return action(
    `INSERT INTO ${target} (${names.map(quoted).join(", ")}) SELECT ${given.join(", ")} ` +
      `WHERE NOT EXISTS (SELECT 1 FROM ${target} WHERE ${isThere})`,
    values,
  );
}

function deleteSql(change: Change, before: Row): ChangeSql[] {
  const values = new Arguments();
  const unchanged = [
    keyOfRow(change, before, values),
    ...Object.keys(before).map((name) => same(name, before, values)),
  ];
  const sql = `DELETE FROM ${quoted(change.table)} WHERE ${unchanged.join(" AND ")}`;
  return [action(sql, values), check("NOT EXISTS", change, before, [])];
}

function check(what: "EXISTS" | "NOT EXISTS", change: Change, row: Row, columns: readonly string[]): ChangeSql {
  const values = new Arguments();
  const where = [keyOfRow(change, row, values), ...columns.map((name) => same(name, row, values))].join(" AND ");
  const sql = `SELECT ${what} (SELECT 1 FROM ${quoted(change.table)} WHERE ${where})`;
  return { sql, args: values.all, isCheck: true };
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
