import type { ResultSet, Value } from "@litefleet/driver";

/** Rows as values, with the names of their columns. */
interface NamedValues {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/**
 * Plain objects keyed by column name: what SQL given as text answers with, where drizzle knows no columns. Of columns
 * with the same name the first one counts, as in `@libsql/client`.
 */
export function rawRows({ columns, rows }: NamedValues): Record<string, Value>[] {
  const entries = [...columns.entries()].filter(([index, name]) => columns.indexOf(name) === index);
  // fromEntries defines properties, so that a column named `__proto__` is a column like any other.
  return rows.map((row) => Object.fromEntries(entries.map(([index, name]) => [name, row[index] ?? null])));
}

/** The rows of a result as arrays of values, in column order. */
export function resultSetValues(result: ResultSet): Value[][] {
  return result.rows.map((row) => result.columns.map((_, index) => row[index] ?? null));
}
