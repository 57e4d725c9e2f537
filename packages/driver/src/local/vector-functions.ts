import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { decodeVector, vector } from "../vector/codec.ts";
import type { DecodedVector } from "../vector/codec.ts";
import { cosineDistance, distance } from "../vector/distance.ts";
import { vectorKinds } from "../vector/vector-kind.ts";
import type { VectorKind } from "../vector/vector-kind.ts";

const kinds = Object.keys(vectorKinds) as VectorKind[];

/** Gives a node:sqlite connection the vector functions that libSQL has built in, for every kind of vector. */
export function registerVectorFunctions(db: DatabaseSync): void {
  const options = { deterministic: true };
  for (const kind of kinds) db.function(vectorKinds[kind].sqlFunction, options, (value) => convert(value, kind));
  db.function("vector", options, (value) => convert(value, "f32"));
  db.function("vector_extract", options, (value) => JSON.stringify(Array.from(read(value).values)));
  db.function("vector_distance_cos", options, (a, b) => {
    const [left, right] = pair(a, b);
    return left.kind === "f1" ? distance(left, right) : cosineDistance(left.values, right.values);
  });
  db.function("vector_distance_l2", options, (a, b) => distance(...pair(a, b), "l2"));
}

function convert(value: SQLInputValue, kind: VectorKind): Uint8Array {
  if (!(value instanceof Uint8Array)) return fromText(value, kind);
  const decoded = decodeVector(value);
  return decoded.kind === kind ? value : vector(decoded.values, kind);
}

function fromText(value: SQLInputValue, kind: VectorKind): Uint8Array {
  const elements: unknown = typeof value === "string" ? JSON.parse(value) : undefined;
  if (!Array.isArray(elements)) throw new TypeError("vector: expected a JSON array of numbers");
  return vector(elements, kind);
}

function read(value: SQLInputValue): DecodedVector {
  if (value instanceof Uint8Array) return decodeVector(value);
  if (typeof value === "string") return decodeVector(fromText(value, "f32"));
  throw new TypeError("vector: unexpected value type, expected TEXT or BLOB");
}

function pair(a: SQLInputValue, b: SQLInputValue): readonly [DecodedVector, DecodedVector] {
  const left = read(a);
  const right = read(b);
  if (left.kind !== right.kind) throw new TypeError("vector_distance: vectors must have the same type");
  if (left.values.length !== right.values.length)
    throw new TypeError("vector_distance: vectors must have the same length");
  return [left, right];
}
