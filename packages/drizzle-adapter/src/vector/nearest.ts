import type { ResultSet } from "@litefleet/driver";
import { getTableColumns, getTableName, type InferSelectModel, type SQL, sql, type Table } from "drizzle-orm";
import type { BaseSQLiteDatabase, SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { SelectResultFields } from "drizzle-orm/query-builders/select.types";
import type { DatabaseInternals } from "../database-internals.ts";
import { checkFields, findNearest, type NearestSearch, rowidField, withDistances } from "./find-nearest.ts";

/** Which columns of a table to read, under which names. */
type Selection = Record<string, SQLiteColumn>;

/** Options of {@link nearest}. */
export interface NearestOptions<TSelection extends Selection | undefined = undefined> extends NearestSearch {
  /** A condition that rows must meet. */
  readonly where?: SQL | undefined;
  /** The columns to read. Default: all of the table. */
  readonly select?: TSelection;
}

/** What {@link nearest} searches: what `drizzle()` of this package made, or a transaction on it. */
type Searchable<TSchema extends Record<string, unknown>> = BaseSQLiteDatabase<"async", ResultSet, TSchema> & {
  readonly $internals: DatabaseInternals<SQL, SQLiteColumn>;
};

/** The table of the schema that a column is in. */
type TableOf<TSchema, TColumn extends SQLiteColumn> = Extract<
  TSchema[keyof TSchema],
  Table & { _: { name: TColumn["_"]["tableName"] } }
>;

/** The row that {@link nearest} answers with. */
export type NearestRow<
  TSchema,
  TColumn extends SQLiteColumn,
  TSelection extends Selection | undefined,
> = (TSelection extends Selection
  ? SelectResultFields<TSelection>
  : [TableOf<TSchema, TColumn>] extends [never]
    ? Record<string, unknown>
    : InferSelectModel<TableOf<TSchema, TColumn>>) & { distance: number };

/**
 * The rows whose vectors are nearest to `vector`, nearest first, each with its `distance`. It uses a vector index where that is faster,
 * and `where` is kept exactly. Rows whose column holds no vector of the right size and kind are passed over.
 *
 * Rows are typed by `select`, or by the `schema` that `drizzle()` was given. They are read by a second statement: to see both at the same
 * moment, search in a transaction.
 *
 * @param db a database of this package or a transaction on it.
 * @throws {RangeError} for a vector of the wrong size or kind, or a table without rowids.
 * @example
 * ```ts
 * const near = await nearest(db, words.embedding, embedding, { k: 5, where: eq(words.language, "en") });
 * for (const { word, distance } of near) console.log(word, distance);
 * ```
 */
export async function nearest<
  TSchema extends Record<string, unknown>,
  TColumn extends SQLiteColumn,
  TSelection extends Selection | undefined = undefined,
>(
  db: Searchable<TSchema>,
  column: TColumn,
  vector: number[] | Float32Array,
  options: NearestOptions<TSelection> = {},
): Promise<NearestRow<TSchema, TColumn, TSelection>[]> {
  const { where, select, ...search } = options;
  const table: Table = column.table;
  const { executor, toQuery, columnName } = db.$internals;
  const fields: Selection = select ?? (getTableColumns(table) as Selection);
  checkFields(fields);
  const distances = await findNearest({
    executor,
    table: getTableName(table),
    column: columnName(column),
    vector,
    where: where && toQuery(where),
    search,
  });
  const rowids = sql.join(
    [...distances.keys()].map((rowid) => sql.raw(rowid)),
    sql.raw(", "),
  );
  const rows = await db
    .select({ ...fields, [rowidField]: sql<number>`rowid` })
    .from(table as SQLiteTable)
    .where(sql`rowid in (${rowids})`);
  // What a row holds follows from `select` and the schema, which drizzle's types of a computed selection do not show.
  const found: unknown = withDistances(rows as { [rowidField]: unknown }[], distances);
  return found as NearestRow<TSchema, TColumn, TSelection>[];
}
