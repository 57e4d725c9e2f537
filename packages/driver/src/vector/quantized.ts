import { vectorKinds } from "./vector-kind.ts";

/**
 * The bytes of an 8-bit vector: a byte an element, zeros up to a multiple of four, the size of a step and the least element as
 * 32-bit floats, a zero, the number of padding bytes, the tag.
 */
export function encodeBytes(elements: Float32Array): Uint8Array {
  const { length } = elements;
  let least = elements[0]!;
  let greatest = least;
  for (let i = 1; i < length; i += 1) {
    const element = elements[i]!;
    // Of zeros with different signs the last one counts, as in libSQL.
    if (element <= least) least = element;
    if (element > greatest) greatest = element;
  }
  const step = Math.fround(Math.fround(greatest - least) / 255);
  if (!Number.isFinite(step)) {
    throw new RangeError(`The elements of the vector lie too far apart for kind i8: from ${least} to ${greatest}`);
  }
  const padded = Math.ceil(length / 4) * 4;
  const bytes = new Uint8Array(padded + 11);
  for (let i = 0; i < length; i += 1) bytes[i] = step === 0 ? 0 : quantize(elements[i]!, step, least);
  const view = new DataView(bytes.buffer);
  view.setFloat32(padded, step, true);
  view.setFloat32(padded + 4, least, true);
  bytes[padded + 9] = padded - length;
  bytes[padded + 10] = vectorKinds.i8.tag!;
  return bytes;
}

function quantize(element: number, step: number, least: number): number {
  const steps = Math.fround(Math.fround(element - least) / step);
  return Math.min(255, Math.max(0, Math.trunc(steps + 0.5)));
}

/** The elements of an 8-bit vector; `undefined` if the bytes are none. */
export function decodeBytes(bytes: Uint8Array): Float32Array | undefined {
  const padded = bytes.length - 11;
  const padding = bytes.at(-2)!;
  if (padded < 4 || padded % 4 !== 0 || padding > 3) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = view.getFloat32(padded, true);
  const least = view.getFloat32(padded + 4, true);
  const values = new Float32Array(padded - padding);
  for (let i = 0; i < values.length; i += 1) values[i] = bytes[i]! * step + least;
  return values;
}

/**
 * The bytes of a 1-bit vector: a bit an element, lowest first, set for what is above zero; zeros so that an odd number of bytes
 * stands before the count of unused bits (which counts its own byte too), the tag.
 */
export function encodeBits(elements: Float32Array): Uint8Array {
  const { length } = elements;
  const packed = Math.ceil(length / 8);
  const padded = packed % 2 === 0 ? packed + 1 : packed;
  const bytes = new Uint8Array(padded + 2);
  for (let i = 0; i < length; i += 1) if (elements[i]! > 0) bytes[i >> 3]! |= 1 << (i & 7);
  bytes[padded] = (padded + 1) * 8 - length;
  bytes[padded + 1] = vectorKinds.f1.tag!;
  return bytes;
}

/** The elements of a 1-bit vector as 1 and -1; `undefined` if the bytes are none. */
export function decodeBits(bytes: Uint8Array): Int8Array | undefined {
  const length = (bytes.length - 1) * 8 - bytes.at(-2)!;
  if (bytes.length < 3 || length < 1 || length > (bytes.length - 2) * 8) return undefined;
  const values = new Int8Array(length);
  for (let i = 0; i < length; i += 1) values[i] = (bytes[i >> 3]! & (1 << (i & 7))) === 0 ? -1 : 1;
  return values;
}
