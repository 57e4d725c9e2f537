import type { Connection } from "../../local/connection.ts";
import { quoteIdentifier } from "../../vector/identifier.ts";
import { ownQuery } from "./own-query.ts";
import { replacesRows } from "./replaces-rows.ts";

/** A table that has foreign keys or is named by some. */
export interface WatchedTable {
  /** Its place in {@link References.tables}. */
  readonly number: number;
  readonly name: string;
  /** How its rowid is called: a name that none of its columns has taken. */
  readonly rowid: string;
  /** The columns of its foreign keys, and those that foreign keys name. */
  readonly columns: Set<string>;
}

/** A foreign key: `columns` of `child` hold `keys` of `parent`. */
export interface Reference {
  readonly child: WatchedTable;
  readonly columns: readonly string[];
  readonly parent: WatchedTable;
  readonly keys: readonly string[];
}

/** The foreign keys of a database. */
export interface References {
  readonly tables: readonly WatchedTable[];
  readonly references: readonly Reference[];
  /** Why rows may change that nobody can be told of; `undefined` as nearly always. */
  readonly blindSpot: string | undefined;
}

/** Reads the foreign keys of all tables. */
export function readReferences(connection: Connection): References {
  const schema = ownQuery(connection, "SELECT type, name, sql FROM sqlite_schema");
  const names = new Map<string, string>();
  for (const [type, name] of schema) if (type === "table") names.set(String(name).toLowerCase(), String(name));
  const tables = new Map<string, WatchedTable>();
  const references: Reference[] = [];
  let blindSpot: string | undefined;
  const watch = (name: string): WatchedTable => {
    const known = tables.get(name.toLowerCase());
    if (known !== undefined) return known;
    const rowid = rowidOf(connection, name);
    if (rowid === undefined) blindSpot ??= `${name} has columns called rowid, oid and _rowid_`;
    const table = { number: tables.size, name, rowid: rowid ?? "rowid", columns: new Set<string>() };
    tables.set(name.toLowerCase(), table);
    return table;
  };
  for (const name of names.values()) {
    for (const { parent: parentName, columns, keys } of foreignKeysOf(connection, name)) {
      const parent = names.get(parentName.toLowerCase());
      // A parent that is missing is for the engine to complain about.
      if (parent === undefined) continue;
      const named = keys.some((key) => key === "") ? primaryKeyOf(connection, parent) : keys;
      if (named.length !== columns.length) continue;
      const reference = { child: watch(name), columns, parent: watch(parent), keys: named };
      for (const column of columns) reference.child.columns.add(column);
      for (const key of named) reference.parent.columns.add(key);
      references.push(reference);
    }
  }
  const replacing = schema.find(([, , sql]) => typeof sql === "string" && replacesRows(sql));
  if (references.length > 0 && replacing !== undefined) blindSpot ??= `${String(replacing[1])} uses REPLACE`;
  return { tables: [...tables.values()], references, blindSpot };
}

interface ForeignKey {
  readonly parent: string;
  readonly columns: string[];
  /** Empty names stand for the parent's primary key. */
  readonly keys: string[];
}

function foreignKeysOf(connection: Connection, table: string): Iterable<ForeignKey> {
  const found = new Map<unknown, ForeignKey>();
  for (const [id, , parent, from, to] of ownQuery(connection, `PRAGMA foreign_key_list(${quoteIdentifier(table)})`)) {
    const key = found.get(id) ?? { parent: String(parent), columns: [], keys: [] };
    found.set(id, key);
    key.columns.push(String(from));
    key.keys.push(to === null ? "" : String(to));
  }
  return found.values();
}

function primaryKeyOf(connection: Connection, table: string): string[] {
  // The position in the key that table_info gives is not to be trusted (Turso Database 0.7.2); the index has the order.
  const indexes = ownQuery(connection, `PRAGMA index_list(${quoteIdentifier(table)})`);
  const index = indexes.find(([, , , origin]) => origin === "pk")?.[1];
  if (index !== undefined) {
    const columns = ownQuery(connection, `PRAGMA index_info(${quoteIdentifier(String(index))})`);
    return columns.map(([, , name]) => String(name));
  }
  return columnsOf(connection, table).flatMap(({ name, isKey }) => (isKey ? [name] : []));
}

function rowidOf(connection: Connection, table: string): string | undefined {
  const taken = new Set(columnsOf(connection, table).map(({ name }) => name.toLowerCase()));
  return ["_rowid_", "rowid", "oid"].find((alias) => !taken.has(alias));
}

function columnsOf(connection: Connection, table: string): { readonly name: string; readonly isKey: boolean }[] {
  const columns = ownQuery(connection, `PRAGMA table_info(${quoteIdentifier(table)})`);
  return columns.map(([, name, , , , position]) => ({ name: String(name), isKey: Number(position) > 0 }));
}
