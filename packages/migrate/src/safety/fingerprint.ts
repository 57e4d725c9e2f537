import type { InStatement, InValue, ResultSet, Value } from "@litefleet/driver";
import { quoteIdentifier } from "../sql/quote.ts";

/** An expression that ends its statement with an error: an integer overflow. */
export const guardFailure = "abs(-9223372036854775808)";

/**
 * A statement that fails unless `select` still answers `rows`; `undefined` where that cannot be compared (blobs and fractions). The
 * comparison is of the values as SQLite's `quote()` writes them.
 *
 * @see https://www.sqlite.org/lang_corefunc.html#quote
 */
export function fingerprintGuard(select: InStatement, rows: ResultSet): InStatement | undefined {
  const { sql, args = [] } = typeof select === "string" ? { sql: select } : select;
  if (!Array.isArray(args)) return undefined;
  const lines: string[] = [];
  for (const row of rows.rows) {
    const values = Array.from({ length: row.length }, (_, i) => quote(row[i]));
    if (values.includes(undefined)) return undefined;
    lines.push(values.join(","));
  }
  const columns = rows.columns.map((column) => `quote(${quoteIdentifier(column)})`).join(" || ',' || ");
  return textGuard(
    `SELECT group_concat(${columns}, ';') FROM (${sql})`,
    args,
    lines.length === 0 ? null : lines.join(";"),
  );
}

/** A statement that fails unless `select`, which gives one value, gives this one. */
export function textGuard(select: string, args: readonly InValue[], expected: string | null): InStatement {
  return { sql: `SELECT CASE WHEN (${select}) IS ? THEN 1 ELSE ${guardFailure} END`, args: [...args, expected] };
}

function quote(value: Value | undefined): string | undefined {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return String(value);
  return undefined;
}
