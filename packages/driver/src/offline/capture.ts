import type { SqlValue } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { quoted } from "./change-sql.ts";
import type { Change, ChangeKind } from "./change.ts";
import type { LocalDatabase } from "./local-database.ts";
import type { LoggedChange, Outbox } from "./outbox.ts";
import { decodeRecord } from "./record.ts";
import type { Row } from "./stored-values.ts";
import { isInternal } from "./table-shapes.ts";
import type { TableShape, TableShapes } from "./table-shapes.ts";

/** Rows of the change log that are read at a time. */
const readAtOnce = 200;

/** Rows of the change log that are removed at a time. */
const deletedAtOnce = 500n;

/** The local record of how far the local file is: its `pull_gen` is the epoch. Made anew after each pull, never sent. */
const localClient = "litefleet-local";

const kinds: Readonly<Record<string, ChangeKind>> = { "1": "insert", "0": "update", "-1": "delete" };

/** What capturing needs. */
export interface CaptureParts {
  /** The connection whose changes the library records. */
  readonly writer: LocalDatabase;
  /** Another connection, which never writes. */
  readonly reader: LocalDatabase;
  readonly outbox: Outbox;
  readonly shapes: TableShapes;
}

/**
 * Moves what the library has recorded of local changes into the outbox. Every method but {@link count} wants nobody else to use the
 * writing connection meanwhile.
 *
 * The library records of an upsert the row as it is after it in place of the row before. So between two moves the reader keeps
 * the state that was there at the first, and tells what the row was.
 */
export class Capture {
  readonly #parts: CaptureParts;
  #isPinned = false;
  #countedTo = -1n;
  #counted = 0;

  constructor(parts: CaptureParts) {
    this.#parts = parts;
  }

  /** Changes that were not moved yet. Those that were counted before are not read again. */
  count(): number {
    const { writer } = this.#parts;
    const [row] = writer.all(
      "SELECT max(change_id), coalesce(sum(change_type <> 2 AND table_name NOT LIKE 'turso_sync_%'), 0) FROM turso_cdc " +
        "WHERE change_id > ?",
      [this.#countedTo],
    );
    const count = this.#counted + Number(row?.[1]);
    // What a transaction that is still open has done may be undone.
    if (!writer.inTransaction && typeof row?.[0] === "bigint") {
      this.#countedTo = row[0];
      this.#counted = count;
    }
    return count;
  }

  /** The epoch of the local file; `undefined` if local changes are missing from it, as they are when a pull has just ended. */
  epoch(): bigint | undefined {
    const { writer } = this.#parts;
    if (!hasMarkers(writer)) return undefined;
    const sql = "SELECT pull_gen FROM turso_sync_last_change_id WHERE client_id = ?";
    const epoch = writer.all(sql, [localClient])[0]?.[0];
    return typeof epoch === "bigint" ? epoch : undefined;
  }

  /** Notes, within the transaction that brings them about, that all local changes are in the local file. */
  writeEpoch(): void {
    const { writer, outbox } = this.#parts;
    writer.exec(createMarkers);
    writer.all(putMarker, [localClient, outbox.lastEpoch + 1n, 0n]);
  }

  /** Runs `work` without a record being made of what it changes. */
  async unrecorded<T>(work: () => Promise<T>): Promise<T> {
    const { writer } = this.#parts;
    writer.all("PRAGMA capture_data_changes_conn('off')");
    try {
      return await work();
    } finally {
      writer.rollBack();
      writer.all("PRAGMA capture_data_changes_conn('full,turso_cdc')");
    }
  }

  /** Keeps the state of now for the reader. */
  pin(): void {
    this.unpin();
    const { reader } = this.#parts;
    reader.exec("BEGIN");
    this.#isPinned = true;
    reader.all("SELECT count(*) FROM sqlite_schema");
  }

  /** Lets the state go, which shortening the log and pulling want. */
  unpin(): void {
    if (!this.#isPinned) return;
    this.#isPinned = false;
    this.#parts.reader.rollBack();
    this.#parts.reader.forgetStatements();
  }

  /**
   * Moves everything, a piece with each step; a step may give a promise to be awaited before the next. If it is not taken to its end, or
   * the process ends in the middle, the next move goes on with it.
   *
   * @param commit ends the transaction in which the record is emptied.
   */
  *drain(commit: () => Promise<void> | void): Generator<Promise<void> | void, void> {
    const { writer, outbox } = this.#parts;
    const epoch = this.epoch();
    if (epoch === undefined) throw new LitefleetError("The local file is not whole; reopen the client", "SYNC_FAILED");
    const known = new Map<string, Row | undefined>();
    let last = -1n;
    for (let more = true; more;) {
      const rows = writer.all(
        "SELECT change_id, change_txn_id, change_type, table_name, id, before, after, updates FROM turso_cdc " +
          `WHERE change_id > ? ORDER BY change_id LIMIT ${readAtOnce}`,
        [last],
      );
      const logged = rows.flatMap((row) => this.#read(row, known) ?? []);
      if (logged.length > 0) outbox.append(epoch, logged);
      yield;
      more = rows.length === readAtOnce;
      last = (rows.at(-1)?.[0] as bigint | undefined) ?? last;
    }
    if (last < 0n) return;
    // The numbers of changes begin anew with an empty record, so the epoch changes with it, in one transaction.
    writer.all("PRAGMA capture_data_changes_conn('off')");
    try {
      writer.exec("BEGIN IMMEDIATE");
      for (let to = 0n; to < last;) {
        to += deletedAtOnce;
        writer.all("DELETE FROM turso_cdc WHERE change_id <= ?", [to]);
        yield;
      }
      writer.all(putMarker, [localClient, (epoch > outbox.lastEpoch ? epoch : outbox.lastEpoch) + 1n, 0n]);
      yield commit();
      this.#countedTo = -1n;
      this.#counted = 0;
    } finally {
      writer.rollBack();
      writer.all("PRAGMA capture_data_changes_conn('full,turso_cdc')");
    }
  }

  #read(row: readonly SqlValue[], known: Map<string, Row | undefined>): LoggedChange | undefined {
    const [changeId, transactionId, type, table, id, before, after, updates] = row;
    const kind = kinds[String(type)];
    if (kind === undefined || typeof table !== "string" || isInternal(table)) return undefined;
    const shape = this.#parts.shapes.get(table);
    if (shape === undefined) return undefined;
    const rowid = id as bigint;
    const place = `${rowid}:${table}`;
    const afterRow = rowOf(after, shape, rowid);
    let beforeRow = rowOf(before, shape, rowid);
    let isUnsure = false;
    if (kind === "update" && !isRecord(updates)) {
      const found = known.has(place) ? known.get(place) : this.#pinnedRow(table, shape, rowid);
      isUnsure = found === undefined;
      beforeRow = found ?? beforeRow;
    }
    known.set(place, afterRow);
    const change: Change = {
      table,
      kind,
      keyColumns: shape.keyColumns,
      sets: kind === "update" ? setsOf(shape, updates, beforeRow, afterRow) : [],
      before: beforeRow,
      after: afterRow,
      ...(isUnsure ? { isUnsure } : {}),
    };
    return { changeId: changeId as bigint, transactionId: (transactionId ?? changeId) as bigint, change };
  }

  #pinnedRow(table: string, shape: TableShape, rowid: bigint): Row | undefined {
    if (!this.#isPinned) return undefined;
    const columns = namesOf(shape);
    const sql = `SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(table)} WHERE rowid = ?`;
    const values = this.#parts.reader.all(sql, [rowid])[0];
    return values && Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));
  }
}

/** Where each client notes the last of its changes that the primary took; the library has made it its own so. */
export const createMarkers =
  "CREATE TABLE IF NOT EXISTS turso_sync_last_change_id (client_id TEXT PRIMARY KEY, pull_gen INTEGER, change_id INTEGER)";

/** Notes for a client: its name, a generation, a number. */
export const putMarker =
  "INSERT INTO turso_sync_last_change_id (client_id, pull_gen, change_id) VALUES (?, ?, ?) " +
  "ON CONFLICT (client_id) DO UPDATE SET pull_gen = excluded.pull_gen, change_id = excluded.change_id";

/** A client's note: the last of its changes, and the number of the slice that brought it. */
export interface Marker {
  readonly seq: number;
  readonly slice: number;
}

/** Reads the notes of all clients. */
export const selectMarkers = "SELECT client_id, pull_gen, change_id FROM turso_sync_last_change_id";

/** The notes of all clients, as they came from the primary. */
export function readMarkers(database: LocalDatabase): Map<string, Marker> {
  return hasMarkers(database) ? markersOf(database.all(selectMarkers)) : new Map<string, Marker>();
}

/** The notes in rows of {@link selectMarkers}. */
export function markersOf(rows: readonly (readonly SqlValue[])[]): Map<string, Marker> {
  return new Map(rows.map(([client, slice, seq]) => [String(client), { seq: Number(seq), slice: Number(slice) }]));
}

function hasMarkers(database: LocalDatabase): boolean {
  return database.all("SELECT 1 FROM sqlite_schema WHERE name = 'turso_sync_last_change_id'").length > 0;
}

/** The columns of a row, with the rowid where that is the key and has no other name. */
function namesOf({ columns, keyColumns }: TableShape): readonly string[] {
  return [...keyColumns.filter((name) => !columns.includes(name)), ...columns];
}

function rowOf(record: SqlValue | undefined, shape: TableShape, rowid: bigint): Row | undefined {
  if (!(record instanceof Uint8Array)) return undefined;
  const values = decodeRecord(record);
  const cells: [string, SqlValue][] = shape.columns.map((name, i) => [name, values[i] ?? null]);
  const row = Object.fromEntries(cells);
  if (shape.rowidColumn !== undefined) row[shape.rowidColumn] = rowid;
  const [key] = shape.keyColumns;
  if (key !== undefined && !shape.columns.includes(key)) row[key] = rowid;
  return row;
}

/** The columns that an update set: as the library tells, or else those that differ, and all where none does. */
function setsOf(
  shape: TableShape,
  updates: SqlValue | undefined,
  before: Row | undefined,
  after: Row | undefined,
): readonly string[] {
  if (isRecord(updates)) {
    const flags = decodeRecord(updates);
    return shape.columns.filter((_, i) => flags[i] === 1n);
  }
  const differing = shape.columns.filter((name) => !isSame(before?.[name], after?.[name]));
  return differing.length > 0 ? differing : shape.columns.filter((name) => !shape.keyColumns.includes(name));
}

function isRecord(value: SqlValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0;
}

function isSame(a: SqlValue | undefined, b: SqlValue | undefined): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}
