import { decodeVector, vector } from "./codec.ts";
import type { FoundColumn } from "./read-table.ts";
import type { VectorKind } from "./vector-kind.ts";

/** A vector as a column holds it. */
export interface ColumnVector {
  readonly blob: Uint8Array;
  readonly kind: VectorKind;
  readonly dimensions: number;
}

/**
 * Makes numbers a vector of the column's kind (`"f32"` if it declares none), and checks the bytes of a vector that is made already.
 *
 * @throws {TypeError} for text or other things that are no vector.
 * @throws {RangeError} for another number of elements or another kind than the column declares.
 */
export function encodeForColumn(value: Iterable<number> | ArrayBuffer, column: FoundColumn): ColumnVector {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return checkMade(value, column);
  const kind = column.kind ?? "f32";
  // An iterable may be read only once.
  const isList = Array.isArray(value) || ArrayBuffer.isView(value) || !isIterable(value);
  const elements = isList ? value : Array.from(value);
  const blob = vector(elements, kind, column.dimensions);
  return { blob, kind, dimensions: (elements as ArrayLike<number>).length };
}

function isIterable(value: unknown): value is Iterable<number> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function checkMade(made: Uint8Array | ArrayBuffer, column: FoundColumn): ColumnVector {
  const blob = made instanceof Uint8Array ? made : new Uint8Array(made);
  const { kind, values } = decodeVector(blob);
  const dimensions = values.length;
  if (kind !== (column.kind ?? kind) || dimensions !== (column.dimensions ?? dimensions)) {
    throw new RangeError(
      `The column holds vectors of kind ${column.kind} with ${column.dimensions} elements, got kind ${kind} with ${dimensions}`,
    );
  }
  return { blob, kind, dimensions };
}
