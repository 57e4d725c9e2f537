import type { Value } from "@libsql/core/api";
import type { IntMode } from "../api.ts";
import { decodeInteger } from "../integers.ts";

/**
 * Turns the values that a library read into those that users get, in place: integers per `mode`, blobs as an ArrayBuffer of
 * their own. Returns false, with the rows half done, if a number may be an integer that lost digits: read again as bigint.
 */
export function decodeRows(rows: unknown[][], mode: IntMode): rows is Value[][] {
  for (let r = 0; r < rows.length; r += 1) {
    const row = rows[r]!;
    for (let c = 0; c < row.length; c += 1) {
      const value = row[c];
      if (typeof value === "number") {
        // A real of this size looks the same; reading again as bigint tells the two apart.
        if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) return false;
      } else if (typeof value === "bigint") {
        row[c] = decodeInteger(value, mode);
      } else if (ArrayBuffer.isView(value)) {
        row[c] = ownBuffer(value);
      }
    }
  }
  return true;
}

/** The same after a read as bigint, when a number can only be a real. */
export function decodeExactRows(rows: unknown[][], mode: IntMode): asserts rows is Value[][] {
  for (const row of rows) {
    for (let c = 0; c < row.length; c += 1) {
      const value = row[c];
      if (typeof value === "bigint") row[c] = decodeInteger(value, mode);
      else if (ArrayBuffer.isView(value)) row[c] = ownBuffer(value);
    }
  }
}

/** The bytes in a buffer that holds nothing else, of this realm: libraries hand out slices of pooled ones. */
function ownBuffer(bytes: ArrayBufferView): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
}
