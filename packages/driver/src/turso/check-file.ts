import { closeSync, openSync, readSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { LitefleetError, plainMessage } from "../errors.ts";
import { classifyNative } from "../local/classify.ts";
import { nodeSqliteLibrary } from "../local/node-sqlite.ts";
import { sizeOf } from "./recovery/while-held.ts";

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
 * missing, empty, in MVCC mode already or not a database is left for the engine to judge. One thing is changed: a header without the
 * right number of pages (SQLite before 3.7.0 did not write it) is given it by SQLite itself, for the engine relies on it: at zero it would
 * end the process, and at any other it would write over pages that are in use.
 *
 * @throws {LitefleetError} `UNSUPPORTED`, naming what the engine cannot read; why that number cannot be written, with SQLite's code.
 */
export function checkFile(path: string): void {
  const stated = statedPages(path);
  if (stated === undefined) return;
  const { found, pages } = readWithSqlite(path) ?? { found: undefined, pages: undefined };
  if (found !== undefined) {
    throw new LitefleetError(
      `Cannot open ${path} with the Turso engine: ${found}, which it cannot read. Use engine: "libsql" for this file.`,
      "UNSUPPORTED",
    );
  }
  // Where there is a WAL with content, the header stands in there.
  if (stated !== (pages ?? Math.max(stated, 1)) && sizeOf(`${path}-wal`) === 0) stateAnew(path);
}

/**
 * The number of pages that the header of a plain SQLite database states; `undefined` for anything else, also a database in MVCC mode.
 *
 * @see https://www.sqlite.org/fileformat.html sections 1.3.3 and 1.3.7
 */
function statedPages(path: string): number | undefined {
  const header = Buffer.alloc(32);
  try {
    const file = openSync(path, "r");
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  const isPlain = header.toString("latin1", 0, 15) === "SQLite format 3" && (header[18] === 1 || header[18] === 2);
  return isPlain ? header.readUInt32BE(28) : undefined;
}

/** `undefined` if it is locked or damaged: the engine will say so itself. */
function readWithSqlite(path: string): { readonly found: string | undefined; readonly pages: unknown } | undefined {
  try {
    return withSqlite(path, true, (database) => ({
      found: firstUnreadable(database),
      pages: database.prepare("SELECT page_count FROM pragma_page_count").get()?.["page_count"],
    }));
  } catch {
    return undefined;
  }
}

function firstUnreadable(database: DatabaseSync): string | undefined {
  for (const { kind, sql } of unreadable) {
    const name = database.prepare(sql).get()?.["name"];
    if (name !== undefined) return `${String(name)} ${kind}`;
  }
  return undefined;
}

/** Lets SQLite write the header: it does so with every change, also one that changes nothing. */
function stateAnew(path: string): void {
  try {
    withSqlite(path, false, (database) => {
      database.exec("BEGIN IMMEDIATE");
      const version = Number(database.prepare("SELECT user_version FROM pragma_user_version").get()?.["user_version"]);
      database.exec(`PRAGMA user_version = ${version}; COMMIT`);
    });
  } catch (error) {
    const cause = classifyNative(nodeSqliteLibrary, error);
    if (!(cause instanceof LitefleetError)) throw cause;
    const { code, extendedCode, rawCode, isRetryable } = cause;
    throw new LitefleetError(
      `Cannot open ${path} with the Turso engine: its header does not state how many pages it has, which the engine relies on, and ` +
        `SQLite cannot write it there (${plainMessage(cause)}). Let this process write the file, or run VACUUM on it with another SQLite.`,
      code,
      { extendedCode, rawCode, isRetryable, cause },
    );
  }
}

function withSqlite<T>(path: string, readOnly: boolean, work: (database: DatabaseSync) => T): T {
  const sqlite = process.getBuiltinModule("node:sqlite");
  const database = new sqlite.DatabaseSync(path, { readOnly });
  try {
    return work(database);
  } finally {
    database.close();
  }
}
