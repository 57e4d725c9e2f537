import { Buffer } from "node:buffer";

/**
 * What the bytes of blobs inherit from: everything that a `Buffer` has, save that to those who compare they are a plain `Uint8Array`. It is
 * Kysely's own SQLite dialect that gives `Buffer`s, and programs come to call their methods.
 */
const bytes = Object.create(Buffer.prototype as Buffer, { constructor: { value: Uint8Array } }) as object;

// What `Reflect.construct` takes the prototype from; it is never called.
function Bytes(): void {}
Bytes.prototype = bytes;

/** The bytes of a blob, without copying them: a `Uint8Array` that also passes for a `Buffer`. */
export function toBytes(blob: ArrayBuffer): Uint8Array {
  return Reflect.construct(Uint8Array, [blob], Bytes) as Uint8Array;
}
