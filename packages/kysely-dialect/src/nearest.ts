import { vectorSearch } from "@litefleet/driver/vector";
import type { VectorMatch, VectorSearchOptions } from "@litefleet/driver/vector";
import { createQueryId, expressionBuilder, sql } from "kysely";
import type { Expression, ExpressionBuilder, Kysely, Selectable, Simplify, SqlBool, Transaction } from "kysely";
import { withOwnConnection } from "./own-connection.ts";
import { checkParameters } from "./parameters.ts";
import { toPlainValue } from "./query-result.ts";

/** The columns of a table that can be read. */
type ColumnOf<DB, TB extends keyof DB> = keyof Selectable<DB[TB]> & string;

/** What {@link nearest} takes. */
export interface NearestOptions<
  DB,
  TB extends keyof DB & string,
  C extends ColumnOf<DB, TB>,
  S extends ColumnOf<DB, TB>,
> extends Omit<VectorSearchOptions, "table" | "column" | "select" | "where" | "args"> {
  /** The column that holds the vectors. */
  readonly column: C;
  /** The columns to read. Default: all but the vector's. */
  readonly select?: readonly S[];
  /** A condition that rows must meet: an expression, or what makes one. */
  readonly where?: Expression<SqlBool> | ((eb: ExpressionBuilder<DB, TB>) => Expression<SqlBool>);
}

/** A row that {@link nearest} found: the columns that were selected, and the distance. */
export type NearestRow<DB, TB extends keyof DB & string, S extends ColumnOf<DB, TB>> = Simplify<
  Pick<Selectable<DB[TB]>, S> & { distance: number }
>;

/**
 * The `k` rows of a table whose vectors are nearest to `vector`, nearest first: the driver's `vectorSearch`, typed by the tables. It
 * uses a vector index where that is faster, and `where` is kept exactly. Rows whose column holds no vector of the right size and
 * kind are passed over.
 *
 * Works on a `Kysely` instance and on a transaction. Plugins have their say in names and results, and Kysely's log does not see it.
 *
 * @throws {TypeError} if `db` is not over a {@link LitefleetDialect}.
 * @throws {RangeError} for a vector of the wrong size or kind, or a table, column or index that does not exist.
 * @example
 * const near = await nearest(db, "articles", {
 *   column: "embedding",
 *   vector: embedding,
 *   k: 5,
 *   where: (eb) => eb("language", "=", "en"),
 * });
 * for (const { title, distance } of near) console.log(title, distance);
 */
export async function nearest<
  DB,
  TB extends keyof DB & string,
  C extends ColumnOf<DB, TB>,
  S extends ColumnOf<DB, TB> = Exclude<ColumnOf<DB, TB>, C>,
>(
  db: Kysely<DB> | Transaction<DB>,
  table: TB,
  options: NearestOptions<DB, TB, C, S>,
): Promise<NearestRow<DB, TB, S>[]> {
  const { column, select, where, ...rest } = options;
  const search: VectorSearchOptions = {
    ...rest,
    table: nameInDatabase(db, table),
    column: nameInDatabase(db, column),
    select: select?.map((name) => nameInDatabase(db, name)),
    ...compileCondition(db, typeof where === "function" ? where(expressionBuilder<DB, TB>()) : where),
  };
  const matches = await withOwnConnection(db, async ({ runner }) => vectorSearch(runner, search));
  const rows = matches.map((match) => toRow(match));
  let result = { rows };
  const queryId = createQueryId();
  for (const plugin of db.getExecutor().plugins) result = await plugin.transformResult({ result, queryId });
  // What a row looks like the interface of the tables says; nothing here could check it.
  return result.rows as NearestRow<DB, TB, S>[];
}

/** Without the rowid, which the interface of the tables does not know. */
function toRow(match: VectorMatch): Record<string, unknown> {
  const columns = Object.entries(match).filter(([name]) => name !== "rowid");
  return Object.fromEntries(columns.map(([name, value]) => [name, toPlainValue(value)]));
}

/** A name as the instance's plugins make it, without its quotes. */
function nameInDatabase<DB>(db: Kysely<DB>, name: string): string {
  return sql.id(name).compile(db).sql.slice(1, -1).replaceAll('""', '"');
}

function compileCondition<DB>(
  db: Kysely<DB>,
  where: Expression<SqlBool> | undefined,
): Pick<VectorSearchOptions, "where" | "args"> {
  if (where === undefined) return {};
  const { sql: text, parameters } = sql`${where}`.compile(db);
  checkParameters(parameters);
  return { where: text, args: parameters };
}
