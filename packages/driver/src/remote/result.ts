import type { Value } from "@libsql/core/api";
import type { IntMode, RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import type { WireColumn, WireInteger, WireStatementResult, WireValue } from "./protocol.ts";
import { decodeValue } from "./values.ts";

/** A result as the facade takes it. @throws {RangeError} for an integer that the statement's `intMode` cannot hold. */
export function decodeResult(result: WireStatementResult, statement: BoundStatement): RawResult {
  const { intMode, parsed } = statement;
  const rowid = result.last_insert_rowid;
  return {
    columns: columnNames(result.cols),
    columnTypes: result.cols.map((column) => column.decltype ?? ""),
    rows: result.rows.map((row) => decodeRow(row, intMode)),
    rowsAffected: result.affected_row_count,
    lastInsertRowid: rowid === null || parsed.kind === "read" ? undefined : BigInt(rowid),
  };
}

/** Column names in order, `""` for one without a name. */
export function columnNames(columns: readonly WireColumn[]): string[] {
  return columns.map((column) => column.name ?? "");
}

/** The values of a row. */
export function decodeRow(row: readonly WireValue[], intMode: IntMode): Value[] {
  return row.map((value) => decodeValue(value, intMode));
}

/** The number of the last frame in the server's log, or `undefined` where it does not tell. */
export function replicationIndexOf(index: WireInteger | null | undefined): number | undefined {
  return index === null || index === undefined ? undefined : Number(index);
}
