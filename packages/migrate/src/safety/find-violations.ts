import type { Executor } from "@litefleet/driver";
import { quoteIdentifier } from "../sql/quote.ts";
import type { ReferenceState, Violation } from "./reference-state.ts";

/** One foreign key, as `PRAGMA foreign_key_list` tells it over several rows. */
interface ForeignKey {
  readonly id: string;
  readonly parent: string;
  readonly columns: { readonly from: string; readonly to: string }[];
}

/** What `PRAGMA foreign_key_check` does, by queries: for Turso Database, whose pragma answers nothing. */
export async function findViolations(db: Executor): Promise<ReferenceState> {
  const violations: Violation[] = [];
  const tables = await readNames(db, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  for (const table of tables) {
    for (const key of await readForeignKeys(db, table)) {
      const primaryKey = key.columns.some(({ to }) => to === "") ? await readPrimaryKey(db, key.parent) : [];
      const columns = key.columns.map(({ from, to }, i) => ({ from, to: to === "" ? primaryKey[i] : to }));
      if (columns.some(({ to }) => to === undefined) && tables.includes(key.parent)) {
        return { violations: [], failure: `foreign key mismatch - "${table}" referencing "${key.parent}"` };
      }
      const { rows } = await db.execute(brokenRows(table, key.parent, columns, tables.includes(key.parent)));
      for (const row of rows) violations.push({ table, parent: key.parent, place: `${String(row[0])} ${key.id}` });
    }
  }
  return { violations, failure: undefined };
}

function brokenRows(
  table: string,
  parent: string,
  columns: readonly { readonly from: string; readonly to: string | undefined }[],
  parentExists: boolean,
): string {
  const child = (column: string): string => `child.${quoteIdentifier(column)}`;
  const refers = columns.map(({ from }) => `${child(from)} IS NOT NULL`).join(" AND ");
  const query = `SELECT child.rowid FROM ${quoteIdentifier(table)} AS child WHERE ${refers}`;
  if (!parentExists) return query;
  // The parent stands on the left: its column's affinity and collation decide.
  const matches = columns.map(({ from, to = "" }) => `parent.${quoteIdentifier(to)} = ${child(from)}`).join(" AND ");
  return `${query} AND NOT EXISTS (SELECT 1 FROM ${quoteIdentifier(parent)} AS parent WHERE ${matches})`;
}

async function readForeignKeys(db: Executor, table: string): Promise<ForeignKey[]> {
  const { rows } = await db.execute(`PRAGMA foreign_key_list(${quoteIdentifier(table)})`);
  const keys = new Map<string, ForeignKey>();
  for (const row of rows) {
    const id = String(row["id"]);
    const key = keys.get(id) ?? { id, parent: String(row["table"]), columns: [] };
    key.columns.push({ from: String(row["from"]), to: String(row["to"] ?? "") });
    keys.set(id, key);
  }
  return [...keys.values()];
}

async function readPrimaryKey(db: Executor, table: string): Promise<string[]> {
  const { rows } = await db.execute(`PRAGMA table_info(${quoteIdentifier(table)})`);
  return rows
    .filter((row) => Number(row["pk"]) > 0)
    .toSorted((a, b) => Number(a["pk"]) - Number(b["pk"]))
    .map((row) => String(row["name"]));
}

async function readNames(db: Executor, sql: string): Promise<string[]> {
  const { rows } = await db.execute(sql);
  return rows.map((row) => String(row["name"]));
}
