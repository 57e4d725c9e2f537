import type { Executor } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { MigrationPlan } from "../plan.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { fold } from "./table-trace.ts";

/** How many rows each table has, by its name in small letters. */
export type RowCounts = ReadonlyMap<string, { readonly table: string; readonly rows: number }>;

/** SQLite allows 2,000 columns in a result; a hundred tables at once keep the statement short. */
const tablesPerQuery = 100;

/**
 * Counts the rows of all tables that people fill: not those of SQLite and libSQL, not those that a virtual table keeps its
 * contents in, and not the `ledger`.
 */
export async function countRows(db: Executor, ledger: string): Promise<RowCounts> {
  const { rows } = await db.execute("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('table', 'index')");
  const objects = rows.map((row) => ({ type: row["type"], name: String(row["name"]), sql: String(row["sql"] ?? "") }));
  // Contents of a virtual table `v` lie in `v_data` and so on, those of a vector index `i` in `i_shadow`.
  const owners = objects.flatMap(({ type, name, sql }) => {
    if (type === "index") return [`${fold(name)}_shadow`];
    return /^\s*CREATE\s+VIRTUAL/iu.test(sql) ? [`${fold(name)}_`] : [];
  });
  const tables = objects
    .filter(({ type, name, sql }) => {
      if (type !== "table" || fold(name) === fold(ledger) || /^\s*CREATE\s+VIRTUAL/iu.test(sql)) return false;
      if (/^(?:sqlite_|libsql_|__turso_internal_|turso_)/iu.test(name)) return false;
      return !owners.some((owner) => fold(name).startsWith(owner));
    })
    .map(({ name }) => name);
  const counts = new Map<string, { table: string; rows: number }>();
  for (let from = 0; from < tables.length; from += tablesPerQuery) {
    const some = tables.slice(from, from + tablesPerQuery);
    const columns = some.map((table) => `(SELECT count(*) FROM ${quoteIdentifier(table)})`);
    const result = await db.execute(`SELECT ${columns.join(", ")}`);
    for (const [i, table] of some.entries()) counts.set(fold(table), { table, rows: Number(result.rows[0]?.[i] ?? 0) });
  }
  return counts;
}

/**
 * Compares the rows of before and after a migration.
 *
 * @throws {MigrateError} `ROW_LOSS` if a table has fewer rows and neither the migration (it deletes from the table, drops
 *   it, or rebuilds it with a filter) nor `allowed` says that it may.
 */
export function checkRowLoss(
  plan: MigrationPlan,
  before: RowCounts,
  after: RowCounts,
  options: { readonly allowed: readonly string[]; readonly tenant: string | undefined },
): void {
  const allowed = new Set(options.allowed.map(fold));
  const losses: string[] = [];
  for (const [key, { table, rows }] of before) {
    const fate = plan.trace.fateOf(table);
    if (fate.kind === "may-lose" || allowed.has(key)) continue;
    const left = after.get(fold(fate.table))?.rows ?? 0;
    if (left < rows) losses.push(`${table} would go from ${rows} to ${left} rows`);
  }
  if (losses.length === 0) return;
  throw new MigrateError(
    `${losses.join(", ")}, and the migration does not say that rows of ${losses.length === 1 ? "it" : "these"} go. ` +
      `Everything was rolled back. A trigger, an ON DELETE CASCADE or a REPLACE took them; if that is meant, name the ` +
      `table in allowRowLoss (--allow-row-loss).`,
    "ROW_LOSS",
    { migration: plan.migration.name, tenant: options.tenant },
  );
}
