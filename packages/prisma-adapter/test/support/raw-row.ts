import type { Dialect } from "./databases.ts";

/**
 * A raw row of `Sample` with the types of Prisma's schema. Engines of SQLite's own code tell how a column was declared, so there
 * is nothing to do; Turso tells no more than its affinity, so dates, documents and booleans arrive as they are stored.
 */
export const typedRow: Readonly<Record<Dialect, (row: Record<string, unknown>) => Record<string, unknown>>> = {
  sqlite: (row) => row,
  turso: (row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typed(column, value)])),
};

function typed(column: string, value: unknown): unknown {
  switch (typeof value) {
    case "string":
      if (column === "json") return JSON.parse(value);
      if (column === "at") return new Date(value);
      return column === "made" ? new Date(`${value.replace(" ", "T")}Z`) : value;
    case "number":
      if (column === "flag") return value === 1;
      if (column === "big") return BigInt(value);
      if (column === "at") return new Date(value);
      return column === "json" ? JSON.parse(`${value}`) : value;
    default:
      return value;
  }
}
