import { LitefleetError } from "@litefleet/driver";
import type { Row } from "@litefleet/driver";
import type { QueryResult } from "kysely";
import { addCallerStack } from "./caller-stack.ts";
import { toPlainValue } from "./query-result.ts";
import type { PlainRow } from "./query-result.ts";

/** Gathers rows into results of `chunkSize` rows; the last may be smaller. Ends without an error once `signal` has fired. */
export async function* streamRows(
  rows: AsyncIterable<Row>,
  chunkSize: number,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<QueryResult<PlainRow>> {
  let chunk: PlainRow[] = [];
  try {
    for await (const row of rows) {
      chunk.push(toPlainRow(row));
      if (chunk.length < chunkSize) continue;
      yield { rows: chunk };
      chunk = [];
    }
  } catch (error) {
    // Kysely has told the caller already, and would print this one to the console.
    if (signal?.aborted === true) return;
    throw addCallerStack(error);
  }
  if (chunk.length > 0) yield { rows: chunk };
}

/** @throws {LitefleetError} `UNSUPPORTED` if the row has columns that its fields do not show. */
function toPlainRow(row: Row): PlainRow {
  const plain: PlainRow = {};
  const fields = Object.entries(row);
  if (fields.length !== row.length) {
    throw new LitefleetError(
      'A stream needs column names that differ from each other, and from "length"; give the columns aliases',
      "UNSUPPORTED",
    );
  }
  for (const [name, value] of fields) {
    // Defining leaves `__proto__` an ordinary field.
    Object.defineProperty(plain, name, {
      value: toPlainValue(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return plain;
}
