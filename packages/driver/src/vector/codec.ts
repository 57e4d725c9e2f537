/**
 * How a vector's elements are stored. `"f32"` is `F32_BLOB` (4 bytes an element), `"f64"` is `F64_BLOB` (8 bytes).
 */
export type VectorKind = "f32" | "f64";

/** A decoded vector. */
export type DecodedVector =
  | { readonly kind: "f32"; readonly values: Float32Array }
  | { readonly kind: "f64"; readonly values: Float64Array };

/** libSQL's limit on the number of elements. */
const maxDimensions = 65_536;

/** The byte behind the elements of a 64-bit vector; 32-bit ones have none. */
const f64Tag = 2;

/**
 * A vector as an argument: the blob that `vector32()` (or `vector64()`) would make of the same numbers, without the detour
 * over text.
 *
 * @param values the elements, in order; the caller keeps them.
 * @throws {RangeError} for no elements, more than 65,536, or one that is not a finite number in the kind's range.
 * @example await client.execute("INSERT INTO words (word, embedding) VALUES (?, ?)", ["sea", vector(embedding)]);
 * @see https://docs.turso.tech/features/ai-and-embeddings
 */
export function vector(values: Iterable<number>, kind: VectorKind = "f32"): Uint8Array {
  if (typeof values === "string") throw new TypeError("Expected a vector as numbers, got a string");
  const elements =
    ArrayBuffer.isView(values) || Array.isArray(values) ? (values as ArrayLike<number>) : Array.from(values);
  const { length } = elements;
  if (length === 0 || length > maxDimensions) {
    throw new RangeError(`A vector has between 1 and ${maxDimensions} elements, got ${length}`);
  }
  const size = kind === "f32" ? 4 : 8;
  const bytes = new Uint8Array(length * size + (kind === "f64" ? 1 : 0));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < length; i += 1) {
    const element = elements[i]!;
    const stored = kind === "f32" ? Math.fround(element) : element;
    if (typeof element !== "number" || !Number.isFinite(stored)) {
      throw new RangeError(`Element ${i} of the vector is not a finite number of kind ${kind}: ${String(element)}`);
    }
    if (kind === "f32") view.setFloat32(i * size, stored, true);
    else view.setFloat64(i * size, stored, true);
  }
  if (kind === "f64") bytes[bytes.length - 1] = f64Tag;
  return bytes;
}

/**
 * The elements of a vector as it was read from the database.
 *
 * @throws {RangeError} if the bytes are no 32-bit or 64-bit vector.
 */
export function decodeVector(blob: ArrayBuffer | Uint8Array): DecodedVector {
  const bytes = blob instanceof Uint8Array ? blob : new Uint8Array(blob);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length % 4 === 0 && bytes.length > 0) {
    const values = new Float32Array(bytes.length / 4);
    for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat32(i * 4, true);
    return { kind: "f32", values };
  }
  if (bytes.length % 8 === 1 && bytes.length > 1 && bytes.at(-1) === f64Tag) {
    const values = new Float64Array((bytes.length - 1) / 8);
    for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat64(i * 8, true);
    return { kind: "f64", values };
  }
  throw new RangeError(`Expected the bytes of an f32 or f64 vector, got ${bytes.length} bytes of something else`);
}
