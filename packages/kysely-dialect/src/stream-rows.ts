import type { RowChunk } from "@litefleet/driver";
import type { QueryResult } from "kysely";
import { addCallerStack } from "./caller-stack.ts";
import { toPlainRows } from "./query-result.ts";
import type { PlainRow } from "./query-result.ts";

/** Chunks of rows as results of Kysely. Ends without an error once `signal` has fired. */
export async function* streamRows(
  chunks: AsyncIterable<RowChunk>,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<QueryResult<PlainRow>> {
  try {
    for await (const { columns, rows } of chunks) yield { rows: toPlainRows(columns, rows) };
  } catch (error) {
    // Kysely has told the caller already, and would print this one to the console.
    if (signal?.aborted === true) return;
    throw addCallerStack(error);
  }
}
