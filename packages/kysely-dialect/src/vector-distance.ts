import { distanceFunction, vector } from "@litefleet/driver/vector";
import type { VectorKind, VectorMetric } from "@litefleet/driver/vector";
import { sql } from "kysely";
import type { Expression, RawBuilder } from "kysely";

/** Options of {@link vectorDistance}. */
export interface VectorDistanceOptions {
  /** Default `"cosine"`. */
  readonly metric?: VectorMetric;
  /** The kind of the column, which numbers are made a vector of. Default `"f32"`. */
  readonly kind?: VectorKind;
}

/**
 * The distance between a column and a vector, to select, to order by, or in a condition. The engine looks at every row; rows whose
 * column is NULL have none, and one of another size or kind fails the query. `nearest()` is the shorter way to the nearest rows.
 *
 * @param values numbers, or bytes that `vector()` of `@litefleet/driver` made (a `Uint8Array` is those).
 * @throws {TypeError} for text or other things that are no vector.
 * @throws {RangeError} for elements that are not finite, or a metric or kind that does not exist.
 * @example
 * const near = await db
 *   .selectFrom("articles")
 *   .select((eb) => ["title", vectorDistance(eb.ref("embedding"), embedding).as("distance")])
 *   .orderBy("distance")
 *   .limit(10)
 *   .execute();
 */
export function vectorDistance(
  column: Expression<Uint8Array | null>,
  values: Iterable<number>,
  { metric, kind }: VectorDistanceOptions = {},
): RawBuilder<number> {
  const blob = values instanceof Uint8Array ? values : vector(values, kind);
  return sql<number>`${sql.raw(distanceFunction(metric))}(${column}, ${blob})`;
}
