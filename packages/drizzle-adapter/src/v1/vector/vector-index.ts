import { sql } from "drizzle-orm-v1";
import { index, type IndexBuilder, type SQLiteColumn } from "drizzle-orm-v1/sqlite-core";
import { checkIndexName, indexArguments, type VectorIndexConfig } from "../../vector/index-arguments.ts";

/**
 * Declares a vector index (DiskANN) in a table's extra configuration; drizzle-kit creates it. Only libSQL has it.
 *
 * @param name letters, digits and `_`.
 * @throws {RangeError} for a name, column or settings that libSQL does not take.
 * @example
 * ```ts
 * sqliteTable("words", { embedding: f32Vector("embedding", { dimensions: 384 }) }, (table) => [
 *   vectorIndex("words_embedding").on(table.embedding, { metric: "cosine", preset: "balanced" }),
 * ]);
 * ```
 * @see https://docs.turso.tech/features/ai-and-embeddings#vector-index
 */
export function vectorIndex(name: string): {
  on(column: SQLiteColumn, config?: VectorIndexConfig): IndexBuilder;
} {
  checkIndexName(name);
  return {
    on(column, config = {}) {
      // drizzle-kit takes an index's expression apart at its commas and puts it together again, so it gets the parts.
      const parts = indexArguments(column.getSQLType(), config);
      const last = parts.length - 1;
      return index(name).on(
        sql`libsql_vector_idx(${column}`,
        ...parts.map((part, i) => sql.raw(i === last ? `${part})` : part)),
      );
    },
  };
}
