import type { ResultSet } from "@litefleet/driver";
import {
  type AnyRelations,
  getColumnTable,
  getTableColumns,
  getTableName,
  type InferSelectModel,
  type SQL,
  sql,
  type Table,
} from "drizzle-orm-v1";
import type { SQLiteAsyncDatabase } from "drizzle-orm-v1/sqlite-core/async";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm-v1/sqlite-core";
import type { SelectResultFields } from "drizzle-orm-v1/query-builders/select.types";
import type { DatabaseInternals } from "../../database-internals.ts";
import { checkFields, findNearest, type NearestSearch, rowidField, withDistances } from "../../vector/find-nearest.ts";

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
type Searchable<TRelations extends AnyRelations> = SQLiteAsyncDatabase<"async", ResultSet, TRelations> & {
  readonly $internals: DatabaseInternals<SQL, SQLiteColumn>;
};

/** The table of the schema that a column is in. */
type TableOf<TRelations extends AnyRelations, TColumn extends SQLiteColumn> = Extract<
  TRelations[keyof TRelations]["table"],
  Table & { _: { name: TColumn["_"]["tableName"] } }
>;

/** The row that {@link nearest} answers with. */
export type NearestRow<
  TRelations extends AnyRelations,
  TColumn extends SQLiteColumn,
  TSelection extends Selection | undefined,
> = (TSelection extends Selection
  ? SelectResultFields<TSelection>
  : [TableOf<TRelations, TColumn>] extends [never]
    ? Record<string, unknown>
    : InferSelectModel<TableOf<TRelations, TColumn>>) & { distance: number };

/**
 * The rows whose vectors are nearest to `vector`, nearest first, each with its `distance`. It uses a vector index where that is faster,
 * and `where` is kept exactly. Rows whose column holds no vector of the right size and kind are passed over.
 *
 * Rows are typed by `select`, or by the `relations` that `drizzle()` was given. They are read by a second statement: to see both at the same
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
  TRelations extends AnyRelations,
  TColumn extends SQLiteColumn,
  TSelection extends Selection | undefined = undefined,
>(
  db: Searchable<TRelations>,
  column: TColumn,
  vector: number[] | Float32Array,
  options: NearestOptions<TSelection> = {},
): Promise<NearestRow<TRelations, TColumn, TSelection>[]> {
  const { where, select, ...search } = options;
  const table: SQLiteTable = getColumnTable<SQLiteTable>(column);
  const { executor, toQuery, columnName } = db.$internals;
  const fields: Selection = select ?? getTableColumns<SQLiteTable>(table);
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
    .from(table)
    .where(sql`rowid in (${rowids})`);
  // What a row holds follows from `select` and the relations, which drizzle's types of a computed selection do not show.
  const found: unknown = withDistances(rows as { [rowidField]: unknown }[], distances);
  return found as NearestRow<TRelations, TColumn, TSelection>[];
}
