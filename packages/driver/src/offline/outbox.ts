import { randomInt } from "node:crypto";
import { LitefleetError } from "../errors.ts";
import type { SqlValue } from "../engine.ts";
import { nodeSqliteLibrary } from "../local/node-sqlite.ts";
import type { NativeConnection, NativeStatement } from "../local/native.ts";
import { parseStatement } from "../sql/parse.ts";
import { readChange, writeChange } from "./change.ts";
import type { Change, Unit } from "./change.ts";
import { readRow, writeRow } from "./stored-values.ts";
import type { Row } from "./stored-values.ts";

/** A change as the change log numbers it. */
export interface LoggedChange {
  readonly changeId: bigint;
  /** The same for all changes of one transaction. */
  readonly transactionId: bigint;
  readonly change: Change;
}

/** A refused unit as it is kept. */
export interface KeptConflict {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly code: string;
  readonly reason: string;
  /** Which of the changes was refused. */
  readonly refused: number;
  readonly changes: readonly Change[];
  /** The row that the primary had in the place of the refused change's. */
  readonly theirs: Row | undefined;
}

/** Why a unit is refused. */
export type Refusal = Pick<KeptConflict, "refused" | "code" | "reason" | "theirs">;

const schema = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, epoch INTEGER NOT NULL, change_id INTEGER NOT NULL,
    transaction_id INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (epoch, change_id));
  CREATE TABLE IF NOT EXISTS slices (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
    refused INTEGER NOT NULL, changes TEXT NOT NULL, theirs TEXT);
`;

/** How many changes are read at a time. */
const readAtOnce = 200;

/**
 * The local changes that the primary has not been seen to hold, and those that it refused, in a SQLite file beside the database
 * that no sync touches. Everything in it is on the disk when a method returns. It also keeps other clients and processes out.
 */
export class Outbox {
  readonly #connection: NativeConnection;
  readonly #statements = new Map<string, NativeStatement>();
  #pending = 0;
  #conflicts = 0;

  /** @throws {LitefleetError} `CONFIG_INVALID` if another client or process has it open. */
  constructor(path: string) {
    this.#connection = openFile(path);
    this.#recount();
  }

  /** Changes that the primary has not taken. */
  get pending(): number {
    return this.#pending;
  }

  /** Units that the primary refused, or that no longer fit what it holds. */
  get conflictCount(): number {
    return this.#conflicts;
  }

  /** The last change that the primary is known to have taken. */
  get acked(): number {
    return Number(this.meta("acked") ?? 0);
  }

  /** The last change that was seen in what came from the primary; nothing up to it is kept. */
  get confirmed(): number {
    return Number(this.meta("confirmed") ?? 0);
  }

  /** The last epoch that changes were appended under. */
  get lastEpoch(): bigint {
    return BigInt(this.meta("lastEpoch") ?? 0);
  }

  meta(name: string): string | undefined {
    const [row] = this.#all("SELECT value FROM meta WHERE name = ?", [name]);
    return typeof row?.[0] === "string" ? row[0] : undefined;
  }

  setMeta(name: string, value: string): void {
    this.#all("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value]);
  }

  /** Takes in changes of the change log. Those that are here already, by their epoch and number, stay as they are. */
  append(epoch: bigint, logged: readonly LoggedChange[]): void {
    const sql = "INSERT OR IGNORE INTO changes (epoch, change_id, transaction_id, body) VALUES (?, ?, ?, ?)";
    this.#inTransaction(() => {
      for (const { changeId, transactionId, change } of logged) {
        this.#all(sql, [epoch, changeId, transactionId, writeChange(change)]);
      }
      this.setMeta("lastEpoch", String(epoch));
    });
    this.#recount();
  }

  /** The units after `seq` in their order, each whole. */
  *unitsAfter(seq: number): Generator<Unit> {
    let changes: Change[] = [];
    let [firstSeq, lastSeq] = [0, seq];
    let current: string | undefined;
    for (const [nextSeq, epoch, transactionId, body] of this.#rowsAfter(seq)) {
      const transaction = `${String(epoch)}:${String(transactionId)}`;
      if (current !== undefined && current !== transaction) {
        yield { firstSeq, lastSeq, changes };
        changes = [];
      }
      if (changes.length === 0) firstSeq = Number(nextSeq);
      current = transaction;
      lastSeq = Number(nextSeq);
      changes.push(readChange(String(body)));
    }
    if (changes.length > 0) yield { firstSeq, lastSeq, changes };
  }

  /** The slice that brought the last change that the primary is known to have taken; 0 before the first. */
  get ackedSlice(): number {
    return Number(this.meta("ackedSlice") ?? 0);
  }

  /** Notes that a slice up to a change is about to be sent; gives its number, which nobody else has. */
  beginSlice(seq: number): number {
    const number = randomInt(1, 2 ** 48 - 1);
    this.#all("INSERT INTO slices VALUES (?, ?)", [BigInt(number), BigInt(seq)]);
    return number;
  }

  /** The last change of a slice of this outbox; `undefined` if it is none, or was confirmed long ago. */
  seqOf(slice: number): number | undefined {
    const seq = this.#all("SELECT seq FROM slices WHERE number = ?", [BigInt(slice)])[0]?.[0];
    return seq === undefined ? undefined : Number(seq);
  }

  /** Notes what the primary is known to hold. */
  ack(seq: number, slice: number): void {
    this.#inTransaction(() => {
      this.setMeta("acked", String(seq));
      this.setMeta("ackedSlice", String(slice));
    });
    this.#recount();
  }

  /** Notes that a slice was seen in what came from the primary, and forgets what it brought. One of somebody else's says nothing. */
  confirm(slice: number): void {
    const seq = this.seqOf(slice);
    if (seq === undefined || seq <= this.confirmed) return;
    this.#inTransaction(() => {
      this.#all("DELETE FROM changes WHERE seq <= ?", [BigInt(seq)]);
      this.#all("DELETE FROM slices WHERE seq < ?", [BigInt(seq)]);
      this.setMeta("confirmed", String(seq));
      if (this.acked >= seq) return;
      this.setMeta("acked", String(seq));
      this.setMeta("ackedSlice", String(slice));
    });
    this.#recount();
  }

  /** Puts other changes in the place of a unit's. With none the unit is gone. */
  replace(unit: Unit, changes: readonly Change[]): void {
    this.#inTransaction(() => this.#replace(unit, changes));
    this.#recount();
  }

  /** Moves a unit to the conflicts. */
  refuse(unit: Unit, refusal: Refusal): KeptConflict {
    const at = Date.now();
    const { refused, code, reason, theirs } = refusal;
    const id = this.#inTransaction(() => {
      this.#replace(unit, []);
      const texts = JSON.stringify(unit.changes.map(writeChange));
      const row = theirs === undefined ? null : JSON.stringify(writeRow(theirs));
      const sql =
        "INSERT INTO conflicts (at, code, reason, refused, changes, theirs) VALUES (?, ?, ?, ?, ?, ?) RETURNING id";
      return Number(this.#all(sql, [BigInt(at), code, reason, BigInt(refused), texts, row])[0]?.[0]);
    });
    this.#recount();
    return { ...refusal, id, at, changes: unit.changes };
  }

  /** The conflicts, the oldest first. */
  conflicts(): KeptConflict[] {
    return this.#all("SELECT id, at, code, reason, refused, changes, theirs FROM conflicts ORDER BY id", []).map(
      ([id, at, code, reason, refused, changes, theirs]) => ({
        id: Number(id),
        at: Number(at),
        code: String(code),
        reason: String(reason),
        refused: Number(refused),
        changes: (JSON.parse(String(changes)) as string[]).map(readChange),
        theirs: typeof theirs === "string" ? readRow(JSON.parse(theirs) as ReturnType<typeof writeRow>) : undefined,
      }),
    );
  }

  /** Forgets a conflict; false if there is none of that number. */
  removeConflict(id: number): boolean {
    const isThere = this.#all("DELETE FROM conflicts WHERE id = ? RETURNING id", [BigInt(id)]).length > 0;
    this.#recount();
    return isThere;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #replace(unit: Unit, changes: readonly Change[]): void {
    changes.forEach((change, i) => {
      this.#all("UPDATE changes SET body = ? WHERE seq = ?", [writeChange(change), BigInt(unit.firstSeq + i)]);
    });
    const [from, to] = [BigInt(unit.firstSeq + changes.length), BigInt(unit.lastSeq)];
    this.#all("DELETE FROM changes WHERE seq >= ? AND seq <= ?", [from, to]);
  }

  *#rowsAfter(seq: number): Generator<SqlValue[]> {
    const sql = `SELECT seq, epoch, transaction_id, body FROM changes WHERE seq > ? ORDER BY seq LIMIT ${readAtOnce}`;
    for (let last = BigInt(seq), more = true; more;) {
      const rows = this.#all(sql, [last]);
      yield* rows;
      more = rows.length === readAtOnce;
      last = BigInt(Number(rows.at(-1)?.[0] ?? last));
    }
  }

  /** The index is small; the table holds whole rows. */
  #recount(): void {
    const pending = "SELECT count(*) FROM changes INDEXED BY sqlite_autoindex_changes_1 WHERE seq > ?";
    this.#pending = this.#count(pending, [BigInt(this.acked)]);
    this.#conflicts = this.#count("SELECT count(*) FROM conflicts", []);
  }

  #count(sql: string, args: readonly SqlValue[]): number {
    return Number(this.#all(sql, args)[0]?.[0]);
  }

  #inTransaction<T>(work: () => T): T {
    this.#connection.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#connection.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec("ROLLBACK");
      throw error;
    }
  }

  #all(sql: string, args: readonly SqlValue[]): SqlValue[][] {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql, parseStatement(sql));
      this.#statements.set(sql, statement);
    }
    if (statement.returnsRows) return statement.all(args, true) as SqlValue[][];
    statement.run(args);
    return [];
  }
}

function openFile(path: string): NativeConnection {
  const connection = nodeSqliteLibrary.open(path, {});
  try {
    // In this mode the first lock is kept until the connection closes or the process ends.
    connection.exec("PRAGMA locking_mode = EXCLUSIVE");
    connection.prepare("PRAGMA journal_mode = WAL").all([], false);
    connection.exec("PRAGMA synchronous = FULL");
    connection.exec(schema);
    return connection;
  } catch (cause) {
    connection.close();
    if (nodeSqliteLibrary.describeError(cause)?.rawCode !== 5) throw cause;
    throw new LitefleetError(
      `${path} is open in another client or process. Share one client, or give each a file of its own.`,
      "CONFIG_INVALID",
      { isRetryable: true, cause },
    );
  }
}
