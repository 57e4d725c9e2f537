import type { Value } from "@libsql/core/api";
import type { Connection, SchemaClock } from "../../local/connection.ts";
import { quoteIdentifier } from "../../vector/identifier.ts";
import { needsExclusiveForKeys, orphanConflict } from "../classify.ts";
import { ownQuery } from "./own-query.ts";
import { readReferences } from "./read-references.ts";
import type { Reference, References, WatchedTable } from "./read-references.ts";

/**
 * Where triggers note the rows whose keys a transaction has changed: `removed` is 1 for a row as it was before, 0 for one as it is
 * now. It lies in the temporary database of a connection.
 */
const notes = "litefleet_touched";

interface Armed {
  readonly version: number;
  readonly triggers: readonly string[];
}

/** What a transaction has noted of one table. */
interface Touched {
  readonly rows: Set<Value | undefined>;
  readonly removed: Set<Value>;
}

/**
 * Checks at COMMIT that a concurrent transaction leaves no orphan because of another one. The engine has checked each foreign key
 * against the transaction's own snapshot already; what is left to be found is a parent that others have removed since, and a child
 * that others have added to a parent removed here. Both are looked up in what is committed by now, in one stretch with the COMMIT:
 * the process has the file for itself, so nobody comes between.
 */
export class ForeignKeyWatch {
  readonly #open: () => Connection;
  readonly #clock: SchemaClock;
  readonly #armed = new WeakMap<Connection, Armed>();
  #known: (References & { readonly version: number }) | undefined;
  #committed: Connection | undefined;

  /** @param open opens a connection for reading what is committed. */
  constructor(open: () => Connection, clock: SchemaClock) {
    this.#open = open;
    this.#clock = clock;
  }

  /**
   * Makes `connection` note what its next transaction does to keys. Must be called outside of a transaction.
   *
   * @throws {LitefleetError} `CONFLICT` that asks for an exclusive transaction, where something of the schema cannot be followed.
   */
  arm(connection: Connection): void {
    const { version, tables, blindSpot } = this.#read(connection);
    if (blindSpot !== undefined) throw needsExclusiveForKeys(blindSpot);
    if (this.#armed.get(connection)?.version === version) return;
    this.disarm(connection);
    const triggers = tables.flatMap(({ number }) =>
      ["insert", "update", "delete"].map((on) => triggerName(number, on)),
    );
    this.#armed.set(connection, { version, triggers });
    // In a file, each transaction would wait for that file, even if nothing is noted.
    connection.exec("PRAGMA temp_store = MEMORY");
    connection.exec(`CREATE TEMP TABLE IF NOT EXISTS ${notes} (tbl INTEGER, row INTEGER, removed INTEGER)`);
    for (const table of tables) for (const sql of triggersOf(table)) connection.exec(sql);
  }

  /** Undoes {@link arm}. */
  disarm(connection: Connection): void {
    const armed = this.#armed.get(connection);
    if (armed === undefined) return;
    for (const name of armed.triggers) connection.exec(`DROP TRIGGER IF EXISTS ${name}`);
    this.#armed.delete(connection);
  }

  /**
   * Looks whether the transaction that is open on `connection` may be committed; its COMMIT must follow at once.
   *
   * @throws {LitefleetError} `CONFLICT`, retryable: another run sees what the others did.
   */
  check(connection: Connection): void {
    const touched = readTouched(connection);
    if (touched.size === 0) return;
    const committed = (this.#committed ??= this.#open());
    for (const reference of this.#read(connection).references) {
      checkParents(connection, committed, reference, touched);
      checkChildren(connection, committed, reference, touched);
    }
    ownQuery(connection, `DELETE FROM ${notes}`);
  }

  close(): void {
    this.#committed?.close();
    this.#committed = undefined;
  }

  #read(connection: Connection): References & { readonly version: number } {
    const version = this.#clock.schemaVersion;
    if (this.#known?.version !== version) this.#known = { ...readReferences(connection), version };
    return this.#known;
  }
}

function triggerName(table: number, on: string): string {
  return `litefleet_touched_${table}_${on}`;
}

function triggersOf({ number, name, rowid, columns }: WatchedTable): string[] {
  const table = quoteIdentifier(name);
  const note = (row: "NEW" | "OLD", removed: 0 | 1): string => `(${number}, ${row}.${rowid}, ${removed})`;
  const trigger = (on: string, condition: string, ...rows: readonly string[]): string =>
    `CREATE TEMP TRIGGER ${triggerName(number, on)} AFTER ${on} ON main.${table} ${condition}
     BEGIN INSERT INTO ${notes} VALUES ${rows.join(", ")}; END`;
  const watched = [rowid, ...[...columns].map((column) => quoteIdentifier(column))];
  // As bytes: what is the same to one collation need not be to the other side's.
  const changed = watched.map((column) => `OLD.${column} IS NOT NEW.${column} COLLATE BINARY`).join(" OR ");
  return [
    trigger("insert", "", note("NEW", 0)),
    trigger("update", `WHEN ${changed}`, note("OLD", 1), note("NEW", 0)),
    trigger("delete", "", note("OLD", 1)),
  ];
}

function readTouched(connection: Connection): Map<number, Touched> {
  const touched = new Map<number, Touched>();
  for (const [table, row, removed] of ownQuery(connection, `SELECT tbl, row, removed FROM ${notes}`)) {
    const number = Number(table);
    const of = touched.get(number) ?? { rows: new Set<Value | undefined>(), removed: new Set<Value>() };
    touched.set(number, of);
    of.rows.add(row);
    if (removed === 1n) of.removed.add(row!);
  }
  return touched;
}

/** Each parent that a child written here names must be there still, unless it was written here too. */
function checkParents(
  own: Connection,
  committed: Connection,
  { child, columns, parent, keys }: Reference,
  touched: ReadonlyMap<number, Touched>,
): void {
  if (!touched.has(child.number)) return;
  const c = quoteIdentifier(child.name);
  const p = quoteIdentifier(parent.name);
  const listed = keys.map((key) => `p.${quoteIdentifier(key)}`).join(", ");
  const named = ownQuery(
    own,
    `SELECT DISTINCT p.${parent.rowid}, ${listed} FROM ${notes} AS t JOIN ${c} AS c ON c.${child.rowid} = t.row
     JOIN ${p} AS p ON ${joined(keys, columns)} WHERE t.tbl = ${child.number} AND t.removed = 0`,
  );
  const written = touched.get(parent.number)?.rows;
  for (const [row, ...values] of named) {
    if (written?.has(row) === true) continue;
    const now = ownQuery(committed, `SELECT ${listed} FROM ${p} AS p WHERE p.${parent.rowid} = ?`, [row!])[0];
    if (now === undefined || !values.every((value, i) => isSame(value, now[i])))
      throw orphanConflict(child.name, parent.name);
  }
}

/** Nobody may have added a child to a parent that was removed here, or whose key was changed. */
function checkChildren(
  own: Connection,
  committed: Connection,
  { child, columns, parent, keys }: Reference,
  touched: ReadonlyMap<number, Touched>,
): void {
  const removed = touched.get(parent.number)?.removed;
  if (removed === undefined || removed.size === 0) return;
  const c = quoteIdentifier(child.name);
  const p = quoteIdentifier(parent.name);
  const listed = keys.map((key) => `p.${quoteIdentifier(key)}`).join(", ");
  const own1 = `SELECT 1 FROM ${p} AS p WHERE ${keys.map((key) => `p.${quoteIdentifier(key)} = ?`).join(" AND ")} LIMIT 1`;
  const written = touched.get(child.number)?.rows;
  for (const row of removed) {
    const children = ownQuery(
      committed,
      `SELECT c.${child.rowid}, ${listed} FROM ${p} AS p JOIN ${c} AS c ON ${joined(keys, columns)} WHERE p.${parent.rowid} = ?`,
      [row],
    );
    const added = children.find(([at]) => written?.has(at) !== true);
    if (added === undefined) continue;
    // The key may have gone and come back.
    if (ownQuery(own, own1, added.slice(1)).length === 0) throw orphanConflict(child.name, parent.name);
  }
}

function joined(keys: readonly string[], columns: readonly string[]): string {
  // The parent's column stands on the left: its collation is the one that counts for a foreign key.
  return keys.map((key, i) => `p.${quoteIdentifier(key)} = c.${quoteIdentifier(columns[i]!)}`).join(" AND ");
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) return Buffer.from(a).equals(Buffer.from(b));
  return a === b;
}
