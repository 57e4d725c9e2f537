import { vectorColumnType } from "@litefleet/driver/vector";
import type { VectorKind } from "@litefleet/driver/vector";
import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/**
 * The type of a vector column for Kysely's schema builder. In the interface of the tables the column is a `Uint8Array`, as `vector()`
 * of `@litefleet/driver` makes one and `decodeVector()` reads it.
 *
 * @param dimensions how many elements its vectors have, 1 to 65,536.
 * @param kind how they are stored. Default `"f32"`.
 * @throws {RangeError} for a number of elements or a kind that does not exist.
 * @example
 * await db.schema.createTable("articles").addColumn("embedding", vectorColumn(384)).execute();
 */
export function vectorColumn(dimensions: number, kind?: VectorKind): RawBuilder<Uint8Array> {
  return sql.raw(vectorColumnType(dimensions, kind));
}
