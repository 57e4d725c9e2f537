/**
 * The value as drizzle's column decoders take it: a blob becomes a `Buffer` over the same memory. The driver hands
 * out blobs as `ArrayBuffer`; columns made with `customType` are written against `Buffer`.
 */
export function blobToBuffer(value: unknown): unknown {
  return value instanceof ArrayBuffer ? Buffer.from(value) : value;
}

/** Replaces each blob of `rows`, in place, as {@link blobToBuffer} does. */
export function blobsToBuffers(rows: unknown[][]): unknown[][] {
  for (const row of rows) {
    for (let i = 0; i < row.length; i += 1) {
      if (row[i] instanceof ArrayBuffer) row[i] = blobToBuffer(row[i]);
    }
  }
  return rows;
}
