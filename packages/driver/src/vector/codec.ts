import { isArrayBuffer, isBytes } from "../realm.ts";
import { fromBrainFloat, fromHalfFloat, toBrainFloat, toHalfFloat } from "./half-floats.ts";
import { decodeBits, decodeBytes, encodeBits, encodeBytes } from "./quantized.ts";
import { checkDimensions, checkKind, vectorKinds } from "./vector-kind.ts";
import type { VectorKind } from "./vector-kind.ts";

/** A decoded vector. Kinds smaller than `"f32"` come as the numbers that their bits stand for; `"f1"` as 1 and -1. */
export type DecodedVector =
  | { readonly kind: "f64"; readonly values: Float64Array }
  | { readonly kind: "f32" | "f16" | "bf16" | "i8"; readonly values: Float32Array }
  | { readonly kind: "f1"; readonly values: Int8Array };

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * A vector as an argument: the blob that the engine's own function (`vector32()` for `"f32"`, `vector8()` for `"i8"`, …) makes of the
 * same numbers, without the detour over text.
 *
 * @param values the elements, in order: an array, a typed array or any other iterable of numbers. Copied.
 * @param kind how the elements are stored; must be the column's. Default `"f32"`.
 * @param dimensions how many elements there must be. Default: any number from 1 to 65,536.
 * @throws {TypeError} for text, or an element that is not a number.
 * @throws {RangeError} for a wrong number of elements, or one that is NaN, infinite or beyond the kind's range.
 * @example await client.execute("INSERT INTO words (word, embedding) VALUES (?, ?)", ["sea", vector(embedding)]);
 * @see https://docs.turso.tech/features/ai-and-embeddings
 */
export function vector(values: Iterable<number>, kind: VectorKind = "f32", dimensions?: number): Uint8Array {
  checkKind(kind);
  const elements = toElements(values);
  checkDimensions(elements.length);
  if (dimensions !== undefined && elements.length !== dimensions) {
    throw new RangeError(`Expected a vector of ${dimensions} elements, got ${elements.length}`);
  }
  if (kind === "f64") return encodeDoubles(elements);
  if (kind === "f32" && elements instanceof Float32Array && isLittleEndian) {
    checkFinite(elements, elements, kind);
    return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength).slice();
  }
  const floats = elements instanceof Float32Array ? elements : toFloats(elements);
  checkFinite(elements, floats, kind);
  switch (kind) {
    case "f32":
      return encodeFloats(floats);
    case "f16":
      return encodeHalves(floats, kind, toHalfFloat, 0x7c00);
    case "bf16":
      return encodeHalves(floats, kind, toBrainFloat, 0x7f80);
    case "i8":
      return encodeBytes(floats);
    case "f1":
      return encodeBits(floats);
  }
}

/**
 * The elements of a vector as it was read from the database, and its kind. The arrays are the caller's.
 *
 * @throws {TypeError} for anything but bytes, such as text that was stored in a vector column.
 * @throws {RangeError} if the bytes are not a vector.
 */
export function decodeVector(blob: ArrayBuffer | Uint8Array): DecodedVector {
  const bytes = toBytes(blob);
  const decoded = bytes.length % 2 === 0 ? decodeFloats(bytes, bytes.length) : decodeTagged(bytes);
  if (decoded === undefined || decoded.values.length === 0) {
    throw new RangeError(`Expected the bytes of a vector, got ${bytes.length} bytes of something else`);
  }
  return decoded;
}

function toBytes(blob: unknown): Uint8Array {
  if (isBytes(blob)) return blob;
  if (isArrayBuffer(blob)) return new Uint8Array(blob);
  const what =
    typeof blob === "string"
      ? "text, which is what INSERT stores when the argument is not made by vector()"
      : typeof blob;
  throw new TypeError(`Expected a vector as bytes, got ${blob === null ? "null" : what}`);
}

function toElements(values: unknown): ArrayLike<number> {
  if (typeof values === "string")
    throw new TypeError("Expected a vector as numbers, got a string; use JSON.parse first");
  if (Array.isArray(values)) return values as readonly number[];
  if (ArrayBuffer.isView(values) && !(values instanceof DataView)) return values as unknown as ArrayLike<number>;
  if (typeof values === "object" && values !== null && Symbol.iterator in values) {
    return Array.from(values as Iterable<number>);
  }
  throw new TypeError(
    `Expected a vector as an array, a typed array or an iterable of numbers, got ${describe(values)}`,
  );
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? (value.constructor?.name ?? "an object") : String(value);
}

function toFloats(elements: ArrayLike<number>): Float32Array {
  const floats = new Float32Array(elements.length);
  for (let i = 0; i < floats.length; i += 1) floats[i] = checkNumber(elements[i], i);
  return floats;
}

function checkNumber(element: unknown, index: number): number {
  if (typeof element === "number") return element;
  throw new TypeError(`Element ${index} of the vector is not a number: ${describe(element)}`);
}

function checkFinite(elements: ArrayLike<number>, stored: Float32Array | Float64Array, kind: VectorKind): void {
  // What is not finite leaves NaN behind when it is taken from itself: one sum instead of a check for each.
  let sum = 0;
  for (let i = 0; i < stored.length; i += 1) {
    const element = stored[i]!;
    sum += element - element;
  }
  if (sum === 0) return;
  const at = stored.findIndex((element) => !Number.isFinite(element));
  throw outOfRange(at, elements[at]!, kind);
}

function outOfRange(index: number, element: number, kind: VectorKind): RangeError {
  return new RangeError(`Element ${index} of the vector is not a finite number of kind ${kind}: ${element}`);
}

function encodeDoubles(elements: ArrayLike<number>): Uint8Array {
  const doubles = new Float64Array(elements.length);
  for (let i = 0; i < doubles.length; i += 1) doubles[i] = checkNumber(elements[i], i);
  checkFinite(elements, doubles, "f64");
  const bytes = new Uint8Array(doubles.length * 8 + 1);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < doubles.length; i += 1) view.setFloat64(i * 8, doubles[i]!, true);
  bytes[bytes.length - 1] = vectorKinds.f64.tag!;
  return bytes;
}

function encodeFloats(floats: Float32Array): Uint8Array {
  if (isLittleEndian) return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  const bytes = new Uint8Array(floats.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < floats.length; i += 1) view.setFloat32(i * 4, floats[i]!, true);
  return bytes;
}

function encodeHalves(
  floats: Float32Array,
  kind: "f16" | "bf16",
  encode: (value: number) => number,
  infinity: number,
): Uint8Array {
  const bytes = new Uint8Array(floats.length * 2 + 1);
  for (let i = 0; i < floats.length; i += 1) {
    const half = encode(floats[i]!);
    if ((half & 0x7fff) >= infinity) throw outOfRange(i, floats[i]!, kind);
    bytes[i * 2] = half & 0xff;
    bytes[i * 2 + 1] = half >>> 8;
  }
  bytes[bytes.length - 1] = vectorKinds[kind].tag!;
  return bytes;
}

function decodeTagged(bytes: Uint8Array): DecodedVector | undefined {
  const size = bytes.length - 1;
  switch (bytes[size]) {
    case 1:
      return decodeFloats(bytes, size);
    case vectorKinds.f64.tag:
      return decodeDoubles(bytes, size);
    case vectorKinds.f16.tag:
      return { kind: "f16", values: decodeHalves(bytes, size, fromHalfFloat) };
    case vectorKinds.bf16.tag:
      return { kind: "bf16", values: decodeHalves(bytes, size, fromBrainFloat) };
    case vectorKinds.i8.tag: {
      const values = decodeBytes(bytes);
      return values && { kind: "i8", values };
    }
    case vectorKinds.f1.tag: {
      const values = decodeBits(bytes);
      return values && { kind: "f1", values };
    }
    default:
      return undefined;
  }
}

function decodeFloats(bytes: Uint8Array, size: number): DecodedVector | undefined {
  if (size % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const values = new Float32Array(size / 4);
  for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat32(i * 4, true);
  return { kind: "f32", values };
}

function decodeDoubles(bytes: Uint8Array, size: number): DecodedVector | undefined {
  if (size % 8 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const values = new Float64Array(size / 8);
  for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat64(i * 8, true);
  return { kind: "f64", values };
}

function decodeHalves(bytes: Uint8Array, size: number, decode: (half: number) => number): Float32Array {
  const values = new Float32Array(size / 2);
  for (let i = 0; i < values.length; i += 1) values[i] = decode(bytes[i * 2]! | (bytes[i * 2 + 1]! << 8));
  return values;
}
