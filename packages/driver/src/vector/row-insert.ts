import type { BatchStatement, Executor, InValue } from "../api.ts";
import { encodeForColumn } from "./encode-for-column.ts";
import { quoteIdentifier } from "./identifier.ts";
import type { FoundIndex } from "./read-index.ts";
import { columnOf, readTable } from "./read-table.ts";
import type { FoundColumn } from "./read-table.ts";

/** A row to insert: column names to values. Numbers in an array, iterable or typed array other than `Uint8Array` are a vector. */
export type VectorRow<Column extends PropertyKey = string> = Readonly<Record<Column, InValue | Iterable<number>>>;

/** The INSERT for rows of the same columns. */
export class RowInsert {
  readonly #sql: string;
  readonly #names: readonly string[];
  readonly #columns: readonly FoundColumn[];

  private constructor(sql: string, names: readonly string[], columns: readonly FoundColumn[]) {
    this.#sql = sql;
    this.#names = names;
    this.#columns = columns;
  }

  /** Reads the schema for the columns of the first row. */
  static async prepare(executor: Executor, table: string, first: VectorRow): Promise<RowInsert> {
    const names = Object.keys(first);
    if (names.length === 0) throw new RangeError("Expected rows with at least one column");
    const list = names.map((name) => quoteIdentifier(name, "column")).join(", ");
    const sql = `INSERT INTO ${quoteIdentifier(table, "table")} (${list}) VALUES (${names.map(() => "?").join(", ")})`;
    const found = await readTable(executor, table);
    return new RowInsert(
      sql,
      names,
      names.map((name) => columnOf(found, table, name)),
    );
  }

  /** The vector indexes that these rows go into. */
  get indexes(): readonly FoundIndex[] {
    return this.#columns.flatMap(({ indexes }) => indexes);
  }

  statement(row: VectorRow, at: number): BatchStatement {
    const count = Object.keys(row).length;
    if (count !== this.#names.length || !this.#names.every((name) => Object.hasOwn(row, name))) {
      throw new RangeError(`Row ${at} has other columns than the first: ${Object.keys(row).join(", ")}`);
    }
    return [this.#sql, this.#names.map((name, i) => toValue(name, this.#columns[i]!, row[name], at))];
  }
}

function toValue(name: string, column: FoundColumn, value: VectorRow[string] | undefined, at: number): InValue {
  if (column.kind === undefined) {
    if (Array.isArray(value)) throw new TypeError(`Column ${name} of row ${at} is not declared as a vector`);
    return value as InValue;
  }
  if (value === null) return null;
  try {
    return encodeForColumn(value as Iterable<number>, column).blob;
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    const Failure = error instanceof RangeError ? RangeError : TypeError;
    throw new Failure(`Column ${name} of row ${at}: ${error.message}`, { cause: error });
  }
}
