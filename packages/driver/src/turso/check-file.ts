import { closeSync, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { LitefleetError } from "../errors.ts";

/** What a file may hold that the engine cannot read in MVCC mode: each query names the first such thing. */
const unreadable: readonly { readonly kind: string; readonly sql: string }[] = [
  { kind: "is a virtual table", sql: "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'" },
  {
    kind: "is a vector index",
    sql: "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'",
  },
  { kind: "is a WITHOUT ROWID table", sql: "SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr = 1" },
  {
    kind: "is a stored generated column",
    sql: `SELECT t.name || '.' || c.name AS name FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
      WHERE t.schema = 'main' AND t.type = 'table' AND c.hidden = 3`,
  },
  {
    // Its counter would have to lie in a table of the engine's own; without that it refuses every INSERT.
    kind: "is an AUTOINCREMENT table of another SQLite (INTEGER PRIMARY KEY without that word would do)",
    sql: `SELECT name FROM sqlite_schema AS t WHERE type = 'table' AND sql LIKE '%autoincrement%' AND NOT EXISTS (
        SELECT 1 FROM sqlite_schema AS s WHERE s.name = '__turso_internal_seq___turso_internal_autoincrement_' || t.name COLLATE NOCASE)
      AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')`,
  },
  {
    // The engine opens it for reading only.
    kind: "is its setting of auto_vacuum",
    sql: "SELECT auto_vacuum AS name FROM pragma_auto_vacuum WHERE auto_vacuum <> 0",
  },
  {
    kind: "is the encoding of its text",
    sql: "SELECT encoding AS name FROM pragma_encoding WHERE encoding <> 'UTF-8'",
  },
];

/**
 * Looks into a file that SQLite wrote, before the engine does: opening it would change its header already. A file that is
 * missing, empty, in MVCC mode already or not a database is left for the engine to judge.
 *
 * @throws {LitefleetError} `UNSUPPORTED`, naming what the engine cannot read. Nothing is changed then.
 */
export function checkFile(path: string): void {
  if (!isPlainSqlite(path)) return;
  const found = readWithSqlite(path, (database) => {
    for (const { kind, sql } of unreadable) {
      const name = database.prepare(sql).get()?.["name"];
      if (name !== undefined) return `${String(name)} ${kind}`;
    }
    return undefined;
  });
  if (found === undefined) return;
  throw new LitefleetError(
    `Cannot open ${path} with the Turso engine: ${found}, which it cannot read. Use engine: "libsql" for this file.`,
    "UNSUPPORTED",
  );
}

/** Whether the header says so; it says 255 in MVCC mode. @see https://www.sqlite.org/fileformat.html section 1.3.3 */
function isPlainSqlite(path: string): boolean {
  const header = Buffer.alloc(20);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return header.toString("latin1", 0, 15) === "SQLite format 3" && (header[18] === 1 || header[18] === 2);
}

function readWithSqlite<T>(path: string, read: (database: DatabaseSync) => T): T | undefined {
  const sqlite = process.getBuiltinModule("node:sqlite");
  try {
    const database = new sqlite.DatabaseSync(path, { readOnly: true });
    try {
      return read(database);
    } finally {
      database.close();
    }
  } catch {
    // Locked or damaged: the engine will say so itself.
    return undefined;
  }
}
