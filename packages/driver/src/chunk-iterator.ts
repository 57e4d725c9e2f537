import type { RowChunk } from "./api.ts";
import { describeValue } from "./describe-value.ts";
import type { RowChunks } from "./engine.ts";

/** @throws {RangeError} if `size` is something else than a positive integer. */
export function checkChunkSize(size: number | undefined): void {
  if (size === undefined || (Number.isSafeInteger(size) && size > 0)) return;
  throw new RangeError(`Expected the option chunkSize as a positive integer, got ${describeValue(size)}`);
}

/** An engine's chunks, cut anew into chunks of `size` rows if there is one; leaving the loop early closes them. */
export async function* iterateChunks(
  chunks: RowChunks,
  size: number | undefined,
): AsyncGenerator<RowChunk, void, void> {
  let kept: RowChunk["rows"] = [];
  try {
    for (;;) {
      const chunk = await chunks.next();
      if (chunk.done === true) break;
      const { columns } = chunks;
      kept = kept.length === 0 ? chunk.value : kept.concat(chunk.value);
      const wanted = size ?? kept.length;
      let from = 0;
      for (; from + wanted <= kept.length; from += wanted) yield { columns, rows: kept.slice(from, from + wanted) };
      if (from > 0) kept = kept.slice(from);
    }
    if (kept.length > 0) yield { columns: chunks.columns, rows: kept };
  } finally {
    await chunks.return();
  }
}
