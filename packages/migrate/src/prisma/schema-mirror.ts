import { createClient } from "@litefleet/driver";
import type { Client, InStatement, Row } from "@litefleet/driver";
import { createPrismaLedger } from "../ledger/prisma.ts";
import type { SchemaObject } from "../safety/row-guard.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { contentsTables } from "../safety/contents-tables.ts";
import { fold } from "../safety/table-trace.ts";
import { isInternal, visibleTables } from "./visible-tables.ts";

/** An object of a database's schema, whole. */
export interface SchemaEntry extends SchemaObject {
  /** The table that an index or a trigger belongs to. */
  readonly table: string;
}

/** Reads a schema in the order in which it was made. */
export async function readSchemaEntries(client: Client): Promise<SchemaEntry[]> {
  const { rows } = await client.execute(
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
  );
  return rows.map((row) => ({
    type: String(row["type"]),
    name: String(row["name"]),
    table: String(row["tbl_name"]),
    sql: String(row["sql"]),
  }));
}

/**
 * An empty database in memory with the schema of another one, as far as Prisma can see it, and with its ledger. That is what
 * Prisma's engine looks at: so it cannot change the user's database, asks a server twice and not once for each table and index, and
 * meets one SQLite whatever the engine is (Turso gives names in small letters and no sizes of types).
 *
 * Whoever calls this closes it.
 */
export async function createMirror(client: Client | undefined): Promise<Client> {
  const mirror = createClient({ url: ":memory:", engine: "libsql" });
  try {
    const { table, create } = createPrismaLedger();
    const statements: InStatement[] = [...create];
    if (client !== undefined) {
      const entries = await readSchemaEntries(client);
      const hasLedger = entries.some(({ type, name }) => type === "table" && name === table);
      statements.push(...(hasLedger ? copyOf(table, (await client.execute(selectLedger(table))).rows) : []));
      statements.push(...visibleEntries(entries, table).map(({ sql }) => sql));
    }
    await mirror.batch(statements, "write");
    return mirror;
  } catch (error) {
    mirror.close();
    throw error;
  }
}

/**
 * An empty database in memory with all that a schema holds, also what Prisma does not see, to try a script on. What libSQL cannot
 * make, as Turso's own kinds of indexes, is left out. Whoever calls this closes it.
 */
export async function createWholeCopy(entries: readonly SchemaEntry[]): Promise<Client> {
  const copy = createClient({ url: ":memory:", engine: "libsql" });
  const contents = contentsTables(entries);
  for (const type of ["table", "index", "view", "trigger"]) {
    for (const entry of entries) {
      if (entry.type !== type || isInternal(entry.name) || contents.has(fold(entry.table))) continue;
      await copy.execute(entry.sql).catch(() => undefined);
    }
  }
  return copy;
}

/** Tables first, so that indexes and views find theirs. Triggers do nothing here. */
function visibleEntries(entries: readonly SchemaEntry[], ledger: string): SchemaEntry[] {
  const visible = visibleTables(entries);
  const ofType = (type: string): SchemaEntry[] => entries.filter((entry) => entry.type === type);
  return [
    ...ofType("table").filter(({ name }) => visible.has(name) && name !== ledger),
    ...ofType("index").filter(({ table, sql }) => visible.has(table) && table !== ledger && !isSpecialIndex(sql)),
    ...ofType("view").filter(({ name }) => visible.has(name)),
  ];
}

/** An index of vectors, which would bring its shadow tables; or Turso's own kinds. */
export function isSpecialIndex(sql: string): boolean {
  return /\blibsql_vector_idx\s*\(/iu.test(sql) || /^\s*CREATE\s+INDEX\s[^(]*\sUSING\s/iu.test(sql);
}

const ledgerColumns = [
  "id",
  "checksum",
  "finished_at",
  "migration_name",
  "logs",
  "rolled_back_at",
  "started_at",
  "applied_steps_count",
];

function selectLedger(table: string): string {
  return `SELECT ${ledgerColumns.map(quoteIdentifier).join(", ")} FROM ${quoteIdentifier(table)}`;
}

function copyOf(table: string, rows: readonly Row[]): InStatement[] {
  const columns = ledgerColumns.map(quoteIdentifier).join(", ");
  const values = ledgerColumns.map(() => "?").join(", ");
  return rows.map((row) => ({
    sql: `INSERT INTO ${quoteIdentifier(table)} (${columns}) VALUES (${values})`,
    args: ledgerColumns.map((column) => row[column] ?? null),
  }));
}
