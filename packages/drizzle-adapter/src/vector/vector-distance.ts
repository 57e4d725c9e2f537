import { distanceFunction, type VectorMetric } from "@litefleet/driver/vector";
import { type Placeholder, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** NULL has no distance. */
type Distance<TColumn extends SQLiteColumn> = TColumn["_"]["notNull"] extends true ? number : number | null;

/**
 * The distance between a vector column and a vector, to select, to order by, or in a condition: `null` where the column is, and SQLite
 * orders that first. The engine looks at every row; `nearest()` is the way to the nearest rows that may use an index.
 *
 * @param vector numbers, which are made a vector of the column's kind, or a placeholder for them.
 * @throws {RangeError} for a metric that does not exist; with the query, for a vector that does not fit the column.
 * @example
 * ```ts
 * const distance = vectorDistance(words.embedding, embedding);
 * const near = await db.select({ word: words.word, distance }).from(words).orderBy(distance).limit(10);
 * ```
 */
export function vectorDistance<TColumn extends SQLiteColumn>(
  column: TColumn,
  vector: number[] | Float32Array | Placeholder,
  { metric }: { readonly metric?: VectorMetric } = {},
): SQL<Distance<TColumn>> {
  const measured = sql<number>`${sql.raw(distanceFunction(metric))}(${column}, ${sql.param(vector, column)})`;
  // The engines' functions fail for NULL.
  return column.notNull
    ? sql<Distance<TColumn>>`${measured}`
    : sql<Distance<TColumn>>`case when ${column} is not null then ${measured} end`;
}
