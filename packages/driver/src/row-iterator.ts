import type { Row } from "@libsql/core/api";
import type { RowChunks } from "./engine.ts";
import { rowFactory } from "./row-class.ts";

/** Rows one by one out of chunks; leaving the loop early closes the chunks. */
export async function* iterateRows(chunks: RowChunks): AsyncGenerator<Row, void, void> {
  try {
    for (;;) {
      const chunk = await chunks.next();
      if (chunk.done === true) return;
      const create = rowFactory(chunks.columns);
      for (const values of chunk.value) yield create(values);
    }
  } finally {
    await chunks.return();
  }
}
