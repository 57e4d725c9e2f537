import type { ColumnKind } from "./column-kind.ts";

/**
 * A column's value as SQL that `json_array` can take: reals with all their digits, of which JSON would keep fifteen; in an array
 * of one where the reader could take them for text. The kind is what is cheap to expect; {@link isJsonCell} finds other values.
 */
export function jsonCellSql(value: string, kind: ColumnKind): string {
  switch (kind) {
    case "text":
    case "integer":
      return value;
    case "real":
      return `CASE typeof(${value}) WHEN 'real' THEN ${allDigits(value)} ELSE json_array(${value}) END`;
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
      return Array.isArray(cell) && kind !== "text" && kind !== "integer" ? readArray(cell, kind) : unreadable;
  }
}

function readArray(cell: readonly unknown[], kind: ColumnKind): unknown {
  if (kind === "real") {
    const [value] = cell;
    return value === null || typeof value === "string" || Number.isSafeInteger(value) ? value : unreadable;
  }
  const [first, hex] = cell;
  if (typeof hex === "string") return new Uint8Array(Buffer.from(hex, "hex"));
  return typeof first === "string" ? readReal(first) : unreadable;
}

function readReal(digits: string): number {
  if (digits === "Inf") return Number.POSITIVE_INFINITY;
  return digits === "-Inf" ? Number.NEGATIVE_INFINITY : Number(digits);
}
