import { quoted } from "./change-sql.ts";
import type { LocalDatabase } from "./local-database.ts";

/** What the driver must know of a table to carry its changes elsewhere. */
export interface TableShape {
  /** The columns that are stored, in the order of a record. */
  readonly columns: readonly string[];
  /** The columns of the primary key; the name of the rowid if there is none. */
  readonly keyColumns: readonly string[];
  /** The column that is the rowid under another name, which a record leaves out. */
  readonly rowidColumn: string | undefined;
  /** Why two offline clients may give different rows the same key; `undefined` if they cannot. */
  readonly rowidKey: "AUTOINCREMENT" | "INTEGER PRIMARY KEY" | "no primary key" | undefined;
  /** What makes its changes impossible to carry over, if anything does. */
  readonly obstacle: "trigger" | "generated column" | undefined;
}

/** Tables of the sync itself. */
export function isInternal(table: string): boolean {
  return /^(?:sqlite_|turso_cdc|turso_sync_|__turso_internal)/iu.test(table);
}

/** The shapes of the tables of a database, read when they are first asked for. */
export class TableShapes {
  readonly #database: LocalDatabase;
  readonly #shapes = new Map<string, TableShape | undefined>();

  constructor(database: LocalDatabase) {
    this.#database = database;
  }

  /** The shape of a table, whatever the case of its name; `undefined` if there is no such table. */
  get(table: string): TableShape | undefined {
    const name = table.toLowerCase();
    if (!this.#shapes.has(name)) this.#shapes.set(name, this.#read(name));
    return this.#shapes.get(name);
  }

  /** Forgets all: the schema may be another one. */
  clear(): void {
    this.#shapes.clear();
  }

  #read(table: string): TableShape | undefined {
    const [found] = this.#database.all("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND lower(name) = ?", [
      table,
    ]);
    if (found === undefined) return undefined;
    const [name, sql] = [String(found[0]), String(found[1])];
    const info = this.#database.all(`PRAGMA table_xinfo(${quoted(name)})`).map(([, column, type, , , pk, hidden]) => ({
      column: String(column),
      type: String(type),
      isKey: Number(pk) > 0,
      isGenerated: Number(hidden ?? 0) > 0,
    }));
    const columns = info.map(({ column }) => column);
    const keys = info.filter(({ isKey }) => isKey);
    const alias = keys.length === 1 && keys[0]?.type.toUpperCase() === "INTEGER" ? keys[0].column : undefined;
    const triggers = this.#database.all(
      "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = ? LIMIT 1",
      [table],
    );
    return {
      columns,
      keyColumns: keys.length > 0 ? keys.map(({ column }) => column) : [rowidName(columns)],
      rowidColumn: alias,
      rowidKey: rowidKeyOf(sql, keys.length, alias),
      obstacle:
        triggers.length > 0 ? "trigger" : info.some(({ isGenerated }) => isGenerated) ? "generated column" : undefined,
    };
  }
}

function rowidKeyOf(sql: string, keys: number, alias: string | undefined): TableShape["rowidKey"] {
  if (keys === 0) return "no primary key";
  if (alias === undefined) return undefined;
  return /\bAUTOINCREMENT\b/iu.test(sql) ? "AUTOINCREMENT" : "INTEGER PRIMARY KEY";
}

/** The name by which the rowid can be reached. */
function rowidName(columns: readonly string[]): string {
  const taken = new Set(columns.map((column) => column.toLowerCase()));
  return ["rowid", "_rowid_", "oid"].find((name) => !taken.has(name)) ?? "rowid";
}
