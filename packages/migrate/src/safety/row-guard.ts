import type { Executor, ResultSet } from "@litefleet/driver";
import { journalTable } from "../ledger/journal.ts";
import type { MigrationPlan } from "../plan.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { contentsTables } from "./contents-tables.ts";
import { fold } from "./table-trace.ts";

/** How many rows each table has, by its name in small letters. */
export type RowCounts = ReadonlyMap<string, { readonly table: string; readonly rows: number }>;

/** Tables beside a ledger. */
const ledgerTables = new Set(["kysely_migration_lock", fold(journalTable)]);

/** SQLite allows 2,000 columns in a result; a hundred tables at once keep the statement short. */
const tablesPerQuery = 100;

/** An object of a database's schema. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  /** The beginning of its SQL is enough. */
  readonly sql: string;
}

/** Reads {@link SchemaObject}s. */
export const selectObjects =
  "SELECT type, name, substr(sql, 1, 40) AS sql FROM sqlite_schema WHERE type IN ('table', 'index')";

/** What {@link selectObjects} answered. */
export function readObjects({ rows }: ResultSet): SchemaObject[] {
  return rows.map((row) => ({ type: String(row["type"]), name: String(row["name"]), sql: String(row["sql"] ?? "") }));
}

/**
 * The tables that people fill: not those of SQLite and libSQL, not those that a virtual table keeps its contents in, and not
 * the `ledger`.
 */
export function countedTables(objects: readonly SchemaObject[], ledger: string): string[] {
  const contents = contentsTables(objects);
  const isLedger = (name: string): boolean => fold(name) === fold(ledger) || ledgerTables.has(fold(name));
  return objects
    .filter(({ type, name, sql }) => {
      if (type !== "table" || isLedger(name) || /^\s*CREATE\s+VIRTUAL/iu.test(sql)) return false;
      if (/^(?:sqlite_|libsql_|__turso_internal_|turso_)/iu.test(name)) return false;
      return !contents.has(fold(name));
    })
    .map(({ name }) => name);
}

/** Counts the rows of all {@link countedTables}. */
export async function countRows(db: Executor, ledger: string): Promise<RowCounts> {
  const tables = countedTables(readObjects(await db.execute(selectObjects)), ledger);
  const counts = new Map<string, { table: string; rows: number }>();
  for (let from = 0; from < tables.length; from += tablesPerQuery) {
    const some = tables.slice(from, from + tablesPerQuery);
    const columns = some.map((table) => `(SELECT count(*) FROM ${quoteIdentifier(table)})`);
    const result = await db.execute(`SELECT ${columns.join(", ")}`);
    for (const [i, table] of some.entries()) counts.set(fold(table), { table, rows: Number(result.rows[0]?.[i] ?? 0) });
  }
  return counts;
}

/** Rows that are gone although no migration says so. */
export interface RowLoss {
  readonly table: string;
  readonly before: number;
  readonly after: number;
}

/**
 * The tables that have fewer rows than before, although neither the migration (it deletes from the table, drops it, or
 * rebuilds it with a filter) nor `allowed` says that they may.
 */
export function findRowLosses(
  plan: MigrationPlan,
  before: RowCounts,
  after: RowCounts,
  allowed: readonly string[],
): RowLoss[] {
  const allowedKeys = new Set(allowed.map(fold));
  const losses: RowLoss[] = [];
  for (const [key, { table, rows }] of before) {
    const fate = plan.trace.fateOf(table);
    if (fate.kind === "may-lose" || allowedKeys.has(key)) continue;
    const left = after.get(fold(fate.table))?.rows ?? 0;
    if (left < rows) losses.push({ table, before: rows, after: left });
  }
  return losses;
}
