import { type Column, getTableColumns, is, type Name, Param, SQL, sql, type SQLChunk, StringChunk } from "drizzle-orm";
import type { SQLiteDialect, SQLiteTable } from "drizzle-orm/sqlite-core";

type UpdateConfig = Parameters<SQLiteDialect["buildUpdateQuery"]>[0];
type InsertConfig = Parameters<SQLiteDialect["buildInsertQuery"]>[0];

/** A column of a table, under its key. */
interface WrittenColumn {
  readonly key: string;
  readonly column: Column;
  readonly name: Name;
}

/** The columns that an insert writes, and their names as it lists them. */
interface InsertedColumns {
  readonly columns: readonly WrittenColumn[];
  readonly names: Name[];
}

const update = new StringChunk("update ");
const set = new StringChunk(" set ");
const equals = new StringChunk(" = ");
const comma = new StringChunk(", ");
const where = new StringChunk(" where ");
const insert = new StringChunk("insert into ");
const space = new StringChunk(" ");
const values = new StringChunk(" values ");
const nothing = new StringChunk("null");

/**
 * Builds the SQL of plain updates and inserts, with the same text and parameters as drizzle's dialect, and a fraction of its objects: in
 * making each of those it looks through all parts for tables, which costs as much as it takes SQLite to run the statement.
 */
export class PlainWrites {
  readonly #nameOf: (column: Column) => string;
  readonly #columns = new WeakMap<SQLiteTable, readonly WrittenColumn[]>();
  readonly #inserted = new WeakMap<SQLiteTable, InsertedColumns>();

  /** @param nameOf a column's name in the database. */
  constructor(nameOf: (column: Column) => string) {
    this.#nameOf = nameOf;
  }

  /** `undefined` for an update with more than SET and WHERE. */
  update(config: UpdateConfig): SQL | undefined {
    const { table, withList, from, joins, returning, limit, orderBy } = config;
    const isPlain =
      !hasAny(withList) && !from && !hasAny(joins) && !returning && limit === undefined && !hasAny(orderBy);
    if (!isPlain) return undefined;
    const built = new SQL([table]);
    const chunks = built.queryChunks;
    chunks.unshift(update);
    chunks.push(set);
    let isFirst = true;
    for (const { key, column, name } of this.#columnsOf(table)) {
      const value = config.set[key] ?? generated(column.onUpdateFn, column);
      if (value === undefined) continue;
      if (!isFirst) chunks.push(comma);
      isFirst = false;
      chunks.push(name, equals, value);
    }
    if (config.where) chunks.push(where, config.where);
    return built;
  }

  /** `undefined` for an insert of something else than values, and for one that does more. */
  insert(config: InsertConfig): SQL | undefined {
    const { table, values: rows, withList, onConflict, returning, select } = config;
    if (select || !Array.isArray(rows) || hasAny(withList) || hasAny(onConflict) || returning) return undefined;
    const { columns, names } = this.#insertedOf(table);
    const built = new SQL([table]);
    const chunks = built.queryChunks;
    chunks.unshift(insert);
    chunks.push(space, names, values);
    rows.forEach((row, i) => {
      if (i > 0) chunks.push(comma);
      chunks.push(columns.map(({ key, column }) => given(row[key]) ?? defaultOf(column)));
    });
    return built;
  }

  #columnsOf(table: SQLiteTable): readonly WrittenColumn[] {
    let columns = this.#columns.get(table);
    if (columns === undefined) {
      columns = Object.entries(getTableColumns(table)).map(([key, column]) => ({
        key,
        column,
        name: sql.identifier(this.#nameOf(column)),
      }));
      this.#columns.set(table, columns);
    }
    return columns;
  }

  #insertedOf(table: SQLiteTable): InsertedColumns {
    let inserted = this.#inserted.get(table);
    if (inserted === undefined) {
      const columns = this.#columnsOf(table).filter(({ column }) => isInserted(column));
      inserted = { columns, names: columns.map(({ name }) => name) };
      this.#inserted.set(table, inserted);
    }
    return inserted;
  }
}

/** Whether the user may give its value: not that of a generated column. */
function isInserted({ generated: how }: Column): boolean {
  return how === undefined || how.type === "byDefault";
}

function hasAny(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

/** What the user gave for a column; `undefined` if nothing. */
function given(value: Param | SQL | undefined): SQLChunk | undefined {
  return value !== undefined && is(value, Param) && value.value === undefined ? undefined : value;
}

function defaultOf(column: Column): SQLChunk {
  if (column.default !== null && column.default !== undefined) return asChunk(column.default, column);
  return generated(column.defaultFn ?? column.onUpdateFn, column) ?? nothing;
}

function generated(generate: (() => unknown) | undefined, column: Column): SQLChunk | undefined {
  return generate && asChunk(generate(), column);
}

function asChunk(value: unknown, column: Column): SQLChunk {
  return is(value, SQL) ? value : sql.param(value, column);
}
