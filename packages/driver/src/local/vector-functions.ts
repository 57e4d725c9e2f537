import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { LitefleetError } from "../errors.ts";
import { isBytes } from "../realm.ts";
import { decodeVector, vector } from "../vector/codec.ts";
import type { DecodedVector } from "../vector/codec.ts";
import { cosineDistance, distance } from "../vector/distance.ts";
import { vectorKinds } from "../vector/vector-kind.ts";
import type { VectorKind } from "../vector/vector-kind.ts";

const kinds = Object.keys(vectorKinds) as VectorKind[];

/** Gives a node:sqlite connection the vector functions that libSQL has built in, for every kind of vector. */
export function registerVectorFunctions(db: DatabaseSync): void {
  // node:sqlite reads from a function how many arguments it takes.
  const ofOne = (name: string, work: (value: SQLInputValue) => SQLOutput): void =>
    db.function(name, { deterministic: true }, (value) => attempt(() => work(value)));
  const ofTwo = (name: string, work: (a: DecodedVector, b: DecodedVector) => SQLOutput): void =>
    db.function(name, { deterministic: true }, (a, b) => attempt(() => work(...pair(a, b))));
  for (const kind of kinds) ofOne(vectorKinds[kind].sqlFunction, (value) => convert(value, kind));
  ofOne("vector", (value) => convert(value, "f32"));
  ofOne("vector_extract", (value) => JSON.stringify(Array.from(read(value).values)));
  ofTwo("vector_distance_cos", (a, b) => (a.kind === "f1" ? distance(a, b) : cosineDistance(a.values, b.values)));
  ofTwo("vector_distance_l2", (a, b) => distance(a, b, "l2"));
}

type SQLOutput = number | string | Uint8Array | null;

/** What a function throws would leave node:sqlite as it is; it has to be an error of the engine. */
function attempt(work: () => SQLOutput): SQLOutput {
  try {
    return work();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LitefleetError(message, "SQLITE_ERROR", { rawCode: 1, extendedCode: "SQLITE_ERROR", cause });
  }
}

function convert(value: SQLInputValue, kind: VectorKind): Uint8Array {
  if (!isBytes(value)) return fromText(value, kind);
  const decoded = decodeVector(value);
  return decoded.kind === kind ? value : vector(decoded.values, kind);
}

function fromText(value: SQLInputValue, kind: VectorKind): Uint8Array {
  const elements: unknown = typeof value === "string" ? JSON.parse(value) : undefined;
  if (!Array.isArray(elements)) throw new TypeError("vector: expected a JSON array of numbers");
  return vector(elements, kind);
}

function read(value: SQLInputValue): DecodedVector {
  if (isBytes(value)) return decodeVector(value);
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
