import { createHash } from "node:crypto";
import type { Executor } from "@litefleet/driver";
import { journalTable } from "../ledger/journal.ts";
import { fold } from "../safety/table-trace.ts";
import { normalizeSql } from "./normalize-sql.ts";

/** An object of a schema in the form in which schemas are compared. */
export interface ShapeObject {
  readonly type: "table" | "index" | "view" | "trigger";
  /** As the database has it; case makes no difference to the comparison. */
  readonly name: string;
  /** Its definition, normalised. */
  readonly lines: readonly string[];
}

/** A normalised schema. */
export interface Shape {
  /** The first 12 hexadecimal digits of the SHA-256 of all definitions. */
  readonly id: string;
  /** By type and name. */
  readonly objects: readonly ShapeObject[];
}

/** Tables in which migration tools keep what they have done. */
const ledgers: ReadonlySet<string> = new Set([
  "__drizzle_migrations",
  "_prisma_migrations",
  "kysely_migration",
  "kysely_migration_lock",
  "schema_migrations",
  "goose_db_version",
  "flyway_schema_history",
  "d1_migrations",
  "litefleet_migrations",
  fold(journalTable),
]);

/** What engines keep for themselves. */
const internal = /^(?:sqlite_|libsql_|__turso_internal_|turso_cdc$|turso_sync_|_cf_)/u;

/** What virtual tables `v` and vector indexes `i` keep their contents in: `v_data`, `i_shadow` and so on. */
const shadowEndings = [
  "content",
  "data",
  "idx",
  "docsize",
  "config",
  "segments",
  "segdir",
  "stat",
  "node",
  "parent",
  "rowid",
];

/** Reads the schema of a database: what people made, without ledgers and what engines and indexes keep for themselves. */
export async function readShape(db: Executor, ledgerTable: string | undefined): Promise<Shape> {
  const { rows } = await db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
  const found = rows.map((row) => ({
    type: String(row["type"]),
    name: String(row["name"]),
    table: fold(String(row["tbl_name"])),
    sql: String(row["sql"]),
  }));
  const hidden = new Set<string>();
  for (const { type, name, sql } of found) {
    const key = fold(name);
    const isLedger = type === "table" && (ledgers.has(key) || (ledgerTable !== undefined && key === fold(ledgerTable)));
    if (internal.test(key) || isLedger) hidden.add(key);
    if (type === "index") for (const ending of ["", "_idx"]) hidden.add(`${key}_shadow${ending}`);
    if (/^\s*CREATE\s+VIRTUAL/iu.test(sql)) for (const ending of shadowEndings) hidden.add(`${key}_${ending}`);
  }
  const objects: ShapeObject[] = [];
  for (const { type, name, table, sql } of found) {
    if (!isObjectType(type) || hidden.has(fold(name)) || hidden.has(table)) continue;
    objects.push({ type, name, lines: normalizeSql(sql) });
  }
  objects.sort((a, b) => compare(a.type, b.type) || compare(fold(a.name), fold(b.name)));
  const text = JSON.stringify(objects.map(({ type, name, lines }) => [type, fold(name), lines]));
  return { id: createHash("sha256").update(text).digest("hex").slice(0, 12), objects };
}

function isObjectType(type: string): type is ShapeObject["type"] {
  return type === "table" || type === "index" || type === "view" || type === "trigger";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
