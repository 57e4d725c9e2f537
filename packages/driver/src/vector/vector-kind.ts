/**
 * How a vector's elements are stored.
 *
 * | kind     | column type                | bytes an element | what is kept                                     |
 * | -------- | -------------------------- | ---------------- | ------------------------------------------------ |
 * | `"f64"`  | `F64_BLOB` / `FLOAT64`     | 8                | everything                                       |
 * | `"f32"`  | `F32_BLOB` / `FLOAT32`     | 4                | 7 digits                                         |
 * | `"f16"`  | `F16_BLOB` / `FLOAT16`     | 2                | 3 digits, up to 65,504; libSQL only              |
 * | `"bf16"` | `FB16_BLOB` / `FLOATB16`   | 2                | 2 digits, the range of `"f32"`; libSQL only      |
 * | `"i8"`   | `F8_BLOB` / `FLOAT8`       | 1                | 256 steps between the least and the greatest     |
 * | `"f1"`   | `F1BIT_BLOB` / `FLOAT1BIT` | 1/8              | whether it is above zero                         |
 */
export type VectorKind = "f64" | "f32" | "f16" | "bf16" | "i8" | "f1";

/** What the engines call a kind. */
export interface KindNames {
  /** The column type, to which the number of elements is added in parentheses. */
  readonly columnType: string;
  /** The SQL function that makes such a vector from text or from another vector. */
  readonly sqlFunction: string;
  /** The byte behind the elements that names the kind; 32-bit vectors have none. */
  readonly tag: number | undefined;
}

/** The kinds with their names. */
export const vectorKinds: Readonly<Record<VectorKind, KindNames>> = {
  f64: { columnType: "F64_BLOB", sqlFunction: "vector64", tag: 2 },
  f32: { columnType: "F32_BLOB", sqlFunction: "vector32", tag: undefined },
  f16: { columnType: "F16_BLOB", sqlFunction: "vector16", tag: 5 },
  bf16: { columnType: "FB16_BLOB", sqlFunction: "vectorb16", tag: 6 },
  i8: { columnType: "F8_BLOB", sqlFunction: "vector8", tag: 4 },
  f1: { columnType: "F1BIT_BLOB", sqlFunction: "vector1bit", tag: 3 },
};

/** The most elements that the engines take in a vector. */
const maxDimensions = 65_536;

/** @throws {RangeError} for a kind that does not exist. */
export function checkKind(kind: VectorKind): void {
  if (Object.hasOwn(vectorKinds, kind)) return;
  throw new RangeError(
    `Unknown kind of vector ${JSON.stringify(kind)}; known are ${Object.keys(vectorKinds).join(", ")}`,
  );
}

/** @throws {RangeError} for a number of elements that no vector can have. */
export function checkDimensions(dimensions: number): void {
  if (Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= maxDimensions) return;
  throw new RangeError(`A vector has between 1 and ${maxDimensions} elements, got ${dimensions}`);
}
