import { LitefleetError } from "../errors.ts";
import { nextToken } from "../sql/tokenize.ts";
import { step, stepOn } from "./native.ts";
import type { TursoHandle } from "./native.ts";
import { unquoted } from "./unquoted.ts";

/**
 * The error with the names of tables and columns as SQLite would spell them. The engine (0.7.2) writes the table of a violated constraint,
 * and what it does not find, in small letters; SQLite the one as it was created, the other as the statement has it.
 *
 * @param sql the statement, if the error came of compiling it.
 */
export function withNames(error: LitefleetError, handle: TursoHandle, sql?: string): LitefleetError {
  const prefix = `${error.code}: `;
  const text = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  const spelled =
    error.code === "SQLITE_CONSTRAINT" ? asCreated(text, handle) : sql === undefined ? text : asWritten(text, sql);
  if (spelled === text) return error;
  const { code, extendedCode, rawCode, isRetryable, cause } = error;
  return new LitefleetError(spelled, code, { extendedCode, rawCode, isRetryable, cause });
}

/** `UNIQUE constraint failed: author.email` with the names that the table was created with. */
function asCreated(text: string, handle: TursoHandle): string {
  const [, head, names] = /^((?:UNIQUE|NOT NULL) constraint failed: )(.+)$/su.exec(text) ?? [];
  if (head === undefined || names === undefined) return text;
  for (const [name, sql] of tablesOf(handle)) {
    const small = `${name.toLowerCase()}.`;
    if (!names.startsWith(small)) continue;
    const table = find(name, sql) ?? name;
    const columns = names.slice(small.length).split(`, ${small}`);
    return head + columns.map((column) => `${table}.${find(column, sql) ?? column}`).join(", ");
  }
  return text;
}

/** Each table with what created it: the engine keeps the names themselves in small letters. */
function tablesOf(handle: TursoHandle): [name: string, sql: string][] {
  try {
    const statement = handle.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'");
    try {
      statement.raw(true);
      const tables: [string, string][] = [];
      while (stepOn(handle, statement) === step.row) {
        const [name, sql] = statement.row();
        tables.push([String(name), String(sql)]);
      }
      return tables;
    } finally {
      statement.finalize();
    }
  } catch {
    // This only refines an error: whatever happens here must not hide it.
    return [];
  }
}

/** `no such table: author` with the names as they stand in the statement. */
function asWritten(text: string, sql: string): string {
  const [, head, name] = /^(no such (?:table|column): )(.+)$/su.exec(text) ?? [];
  if (head !== undefined && name !== undefined) return head + spell(name, sql);
  const [, table, column] = /^table (.+) has no column named (.+)$/su.exec(text) ?? [];
  if (table === undefined || column === undefined) return text;
  return `table ${spell(table, sql)} has no column named ${spell(column, sql)}`;
}

/** One name or, with dots between them, several. */
function spell(names: string, sql: string): string {
  const whole = find(names, sql);
  if (whole !== undefined) return whole;
  return names
    .split(".")
    .map((name) => find(name, sql) ?? name)
    .join(".");
}

function find(name: string, sql: string): string | undefined {
  for (let token = nextToken(sql, 0); token !== undefined; token = nextToken(sql, token.end)) {
    const written = unquoted(sql.slice(token.start, token.end));
    if (written.toLowerCase() === name.toLowerCase()) return written;
  }
  return undefined;
}
