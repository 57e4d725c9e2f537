import { LitefleetError } from "../errors.ts";
import type { TursoConnection } from "./turso-connection.ts";

/**
 * Puts the file into MVCC mode, where `BEGIN CONCURRENT` works; the mode is kept in the file. Nothing is changed if the file
 * holds what that mode cannot read.
 *
 * @throws {LitefleetError} `UNSUPPORTED`, naming the table.
 */
export function enterMvcc(connection: TursoConnection, path: string): void {
  if (read(connection, "PRAGMA journal_mode")[0]?.[0] === "mvcc") return;
  for (const [name, sql] of read(
    connection,
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL",
  )) {
    const kind = unreadable(String(sql));
    if (kind === undefined) continue;
    throw new LitefleetError(
      `Cannot open ${path} with the Turso engine: its table ${String(name)} is ${kind}, which MVCC mode cannot read. ` +
        'Use engine: "libsql" for this file.',
      "UNSUPPORTED",
    );
  }
  connection.exec("PRAGMA journal_mode = 'mvcc'");
}

function read(connection: TursoConnection, sql: string): unknown[][] {
  return connection.prepare(sql, []).all([], false);
}

function unreadable(sql: string): string | undefined {
  if (/^\s*CREATE\s+VIRTUAL\b/i.test(sql)) return "a virtual table";
  // Table options follow the last parenthesis.
  if (/\bWITHOUT\s+ROWID\b/i.test(sql.slice(sql.lastIndexOf(")")))) return "a WITHOUT ROWID table";
  return undefined;
}
