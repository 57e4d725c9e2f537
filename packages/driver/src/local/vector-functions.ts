import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { decodeVector, vector } from "../vector/codec.ts";
import type { DecodedVector, VectorKind } from "../vector/codec.ts";

/** Gives a node:sqlite connection the vector functions that libSQL and Turso have built in, for 32-bit and 64-bit vectors. */
export function registerVectorFunctions(db: DatabaseSync): void {
  const options = { deterministic: true };
  db.function("vector32", options, (value) => fromText(value, "f32"));
  db.function("vector64", options, (value) => fromText(value, "f64"));
  db.function("vector_extract", options, (value) => JSON.stringify(Array.from(read(value).values)));
  db.function("vector_distance_cos", options, (a, b) => cosineDistance(...pair(a, b)));
  db.function("vector_distance_l2", options, (a, b) => euclideanDistance(...pair(a, b)));
}

function fromText(value: SQLInputValue, kind: VectorKind): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const elements: unknown = typeof value === "string" ? JSON.parse(value) : undefined;
  if (!Array.isArray(elements)) throw new TypeError("vector: expected a JSON array of numbers");
  return vector(elements, kind);
}

function read(value: SQLInputValue): DecodedVector {
  if (value instanceof Uint8Array) return decodeVector(value);
  if (typeof value === "string") return decodeVector(fromText(value, "f32"));
  throw new TypeError("vector: unexpected value type, expected TEXT or BLOB");
}

function pair(a: SQLInputValue, b: SQLInputValue): readonly [DecodedVector["values"], DecodedVector["values"]] {
  const left = read(a);
  const right = read(b);
  if (left.kind !== right.kind) throw new TypeError("vector_distance: vectors must have the same type");
  if (left.values.length !== right.values.length)
    throw new TypeError("vector_distance: vectors must have the same length");
  return [left.values, right.values];
}

function cosineDistance(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let dot = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let i = 0; i < a.length; i += 1) {
    dot += a[i]! * b[i]!;
    lengthA += a[i]! * a[i]!;
    lengthB += b[i]! * b[i]!;
  }
  // A vector without length has no direction; the engines answer NULL.
  return lengthA === 0 || lengthB === 0 ? null : 1 - dot / Math.sqrt(lengthA * lengthB);
}

function euclideanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}
