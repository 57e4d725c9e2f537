import type { ColumnKind } from "./column-kind.ts";

/**
 * A column's value as SQL that `json_array` can take. Where a value is not of the kind that its column was declared as, an empty
 * array says that this way of reading cannot tell it: `json_array` takes some blobs for JSON. In columns of any kind, an array
 * holds what is no text: a blob's digits, or a real's, of which JSON would keep fifteen.
 */
export function jsonCellSql(value: string, kind: ColumnKind): string {
  switch (kind) {
    case "text":
    case "integer":
      return `CASE typeof(${value}) WHEN 'blob' THEN json_array() ELSE ${value} END`;
    case "real":
      return `CASE typeof(${value}) WHEN 'real' THEN ${allDigits(value)} WHEN 'null' THEN NULL ELSE json_array() END`;
    default:
      return (
        // Text that a JSON function made would not be quoted otherwise.
        `CASE typeof(${value}) WHEN 'text' THEN ${value} || '' WHEN 'real' THEN json_array(${allDigits(value)}) ` +
        `WHEN 'blob' THEN json_array(1, hex(${value})) ELSE ${value} END`
      );
  }
}

/** Twenty digits lead back to the same number, always; the fifteen or twenty of `quote()` do not. */
function allDigits(value: string): string {
  return `format('%!.20e', ${value})`;
}

/** Stands for a cell that this way of reading cannot tell. */
export const unreadable = Symbol("unreadable");

/** The value in a parsed cell, or {@link unreadable}: a number that may have lost digits, or a value that its kind did not expect. */
export function readJsonCell(cell: unknown, kind: ColumnKind): unknown {
  if (cell === null) return null;
  switch (typeof cell) {
    case "string":
      return kind === "real" ? readReal(cell) : cell;
    case "number":
      return kind !== "text" && Number.isSafeInteger(cell) ? cell : unreadable;
    default:
      return Array.isArray(cell) ? readArray(cell) : unreadable;
  }
}

function readArray([first, hex]: readonly unknown[]): unknown {
  if (typeof first === "string") return readReal(first);
  return typeof hex === "string" ? new Uint8Array(Buffer.from(hex, "hex")) : unreadable;
}

function readReal(digits: string): number {
  if (digits === "Inf") return Number.POSITIVE_INFINITY;
  return digits === "-Inf" ? Number.NEGATIVE_INFINITY : Number(digits);
}
