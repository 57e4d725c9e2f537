import type { VectorKind } from "@litefleet/driver/vector";
import { customType, type SQLiteCustomColumnBuilder } from "drizzle-orm-v1/sqlite-core";
import { vectorCodec, type VectorColumnOptions, type VectorData, type VectorMode } from "../../vector/vector-values.ts";

/** The builder of a vector column. */
type VectorColumnBuilder<TMode extends VectorMode | undefined> = SQLiteCustomColumnBuilder<{
  dataType: "custom";
  data: VectorData<TMode>;
  driverParam: Uint8Array;
}>;

/** Declares a vector column; without a name it takes that of its key. */
interface DeclareVector {
  <TMode extends VectorMode | undefined = undefined>(options: VectorColumnOptions<TMode>): VectorColumnBuilder<TMode>;
  <TMode extends VectorMode | undefined = undefined>(
    name: string,
    options: VectorColumnOptions<TMode>,
  ): VectorColumnBuilder<TMode>;
}

function declareVector(kind: VectorKind): DeclareVector {
  const declare = (
    first: string | VectorColumnOptions<VectorMode | undefined>,
    second?: VectorColumnOptions<VectorMode | undefined>,
  ): unknown => {
    const [name, options] = typeof first === "string" ? [first, second] : ["", first];
    // Without options the codec says what is missing.
    const { columnType, encode, decode } = vectorCodec(kind, options!);
    return customType<{ data: number[] | Float32Array; driverData: Uint8Array; jsonData: string }>({
      dataType: () => columnType,
      toDriver: encode,
      fromDriver: decode,
      // JSON, which nested rows are read through, has no bytes.
      forJsonSelect: (identifier, sql) => sql`hex(${identifier})`,
      fromJson: decode,
    })(name);
  };
  // The mode stands in the type as it was given, which one function for all forms cannot show.
  return declare as DeclareVector;
}

/**
 * A column of vectors with 32 bits an element, what embedding models give. Takes and gives arrays of numbers or `Float32Array`s; what does
 * not fit is a `RangeError` or `TypeError` before the database sees it.
 *
 * @example
 * ```ts
 * const words = sqliteTable("words", {
 *   id: integer().primaryKey(),
 *   word: text().notNull(),
 *   embedding: f32Vector("embedding", { dimensions: 384 }).notNull(),
 * }, (table) => [vectorIndex("words_embedding").on(table.embedding, { metric: "cosine" })]);
 * ```
 */
export const f32Vector: DeclareVector = declareVector("f32");

/** A column of vectors with 64 bits an element: nothing is lost. Read as arrays; `mode: "float32"` halves them. See {@link f32Vector}. */
export const f64Vector: DeclareVector = declareVector("f64");

/** A column of vectors with 16 bits an element (3 digits, up to 65,504); not on Turso. See {@link f32Vector}. */
export const f16Vector: DeclareVector = declareVector("f16");

/** A column of vectors with 16 bits an element (2 digits, the range of 32 bits); not on Turso. See {@link f32Vector}. */
export const bf16Vector: DeclareVector = declareVector("bf16");

/** A column of vectors with 8 bits an element: 256 steps between the least and the greatest. See {@link f32Vector}. */
export const i8Vector: DeclareVector = declareVector("i8");

/** A column of vectors with 1 bit an element, which tells whether it is above zero; read as 1 and -1. See {@link f32Vector}. */
export const f1Vector: DeclareVector = declareVector("f1");
