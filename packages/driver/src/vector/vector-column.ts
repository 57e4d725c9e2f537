import { quoteIdentifier } from "./identifier.ts";
import { checkDimensions, checkKind, vectorKinds } from "./vector-kind.ts";
import type { VectorKind } from "./vector-kind.ts";

/**
 * The definition of a vector column, for CREATE TABLE and ALTER TABLE … ADD COLUMN. Without an index the engines do not check what is
 * stored in it.
 *
 * @param name without quotes; it is quoted here.
 * @param dimensions how many elements its vectors have, 1 to 65,536.
 * @param kind Default `"f32"`.
 * @throws {RangeError} for a number of elements or a kind that does not exist.
 * @example await client.execute(`CREATE TABLE words (word TEXT, ${vectorColumn("embedding", 384)})`);
 */
export function vectorColumn(name: string, dimensions: number, kind: VectorKind = "f32"): string {
  return `${quoteIdentifier(name, "column")} ${vectorColumnType(dimensions, kind)}`;
}

/**
 * The type of a vector column alone, such as `F32_BLOB(384)`: for schema builders, which write the name themselves.
 *
 * @param dimensions how many elements its vectors have, 1 to 65,536.
 * @param kind Default `"f32"`.
 * @throws {RangeError} for a number of elements or a kind that does not exist.
 */
export function vectorColumnType(dimensions: number, kind: VectorKind = "f32"): string {
  checkKind(kind);
  checkDimensions(dimensions);
  return `${vectorKinds[kind].columnType}(${dimensions})`;
}

const kindsByType: Readonly<Record<string, VectorKind>> = {
  F64_BLOB: "f64",
  FLOAT64: "f64",
  F32_BLOB: "f32",
  FLOAT32: "f32",
  F16_BLOB: "f16",
  FLOAT16: "f16",
  FB16_BLOB: "bf16",
  FLOATB16: "bf16",
  F8_BLOB: "i8",
  FLOAT8: "i8",
  F1BIT_BLOB: "f1",
  FLOAT1BIT: "f1",
};

/**
 * What a column's declared type, such as `F32_BLOB(384)`, says of its vectors; `undefined` if it is not a vector's.
 *
 * @example const { kind, dimensions } = readVectorColumnType("F8_BLOB(100)") ?? {};
 */
export function readColumnType(type: string): { readonly kind: VectorKind; readonly dimensions: number } | undefined {
  const [, name = "", dimensions] = /^\s*(\w+)\s*\(\s*(\d+)\s*\)\s*$/u.exec(type) ?? [];
  const kind = kindsByType[name.toUpperCase()];
  return kind === undefined ? undefined : { kind, dimensions: Number(dimensions) };
}
