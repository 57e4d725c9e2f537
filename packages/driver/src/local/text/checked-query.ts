import type Database from "libsql";
import type { SqlValue } from "../../engine.ts";
import { GetStatement } from "../libsql-get.ts";
import { isError } from "../../realm.ts";
import { iterateRows } from "../libsql-rows.ts";
import type { OpenRowsOfConnection } from "../libsql-rows.ts";
import { UnsafeInteger } from "../native.ts";
import type { NativeColumn, NativeRows, NativeStatement } from "../native.ts";
import type { ResultColumn } from "./column-kind.ts";
import { readJsonCell, unreadable } from "./json-cell.ts";
import { fromHex } from "./hex-text.ts";
import { queryForms, rowsName } from "./query-forms.ts";
import type { QueryForms } from "./query-forms.ts";

/** As JSON, fewer rows than this take longer than cell by cell. */
const minJsonRows = 4;

const sqliteTooBig = 18;

type Statement = Database.Statement;

/**
 * A query whose text is checked before the library reads it: the library ends the process over text that is not UTF-8, and cuts
 * text at a NUL. So text comes in hexadecimal digits, or, of a query that gave many rows the last time, all rows come as JSON in
 * one blob, which takes less time than to ask the library for each value.
 */
export class CheckedQuery implements NativeStatement {
  readonly returnsRows = true;
  readonly #sql: string;
  readonly #prepare: (sql: string) => Statement;
  /** The query as it was written, for its columns; compiled anew each time they are asked for, for they may have changed. */
  #plain: Statement | undefined;
  #forms: QueryForms;
  #cells: Statement | undefined;
  #json: Statement | undefined;
  #firstRow: GetStatement | undefined;
  /** Until something comes that JSON cannot hold. */
  #suitsJson = true;
  #expectsMany = false;
  #readsHex = true;
  #asBigInt = false;
  readonly #openRows: OpenRowsOfConnection;

  constructor(sql: string, plain: Statement, prepare: (sql: string) => Statement, openRows: OpenRowsOfConnection) {
    this.#openRows = openRows;
    this.#sql = sql;
    this.#plain = plain;
    this.#prepare = prepare;
    this.#forms = queryForms(sql, plain.columns());
  }

  columns(): NativeColumn[] {
    return this.#resultColumns().map(({ name, type }) => ({ name, type: type ?? "" }));
  }

  /** All rows as arrays. @throws {UnsafeInteger} if a number may have lost digits. */
  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    return this.#upToDate(() => this.#run(args, asBigInt));
  }

  /** The first row as an array, or none. */
  first(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    return this.#upToDate(() => this.#readFirst(args, asBigInt));
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    this.all(args, true);
    return { changes: 0, lastInsertRowid: 0n };
  }

  iterate(args: readonly SqlValue[]): NativeRows {
    const statement = this.#compileCells();
    const read = this.#readsHex ? (row: unknown[]): void => fromHex([row]) : undefined;
    return iterateRows(statement, args, this.#openRows, read);
  }

  #resultColumns(): ResultColumn[] {
    const plain = this.#plain ?? this.#prepare(this.#sql);
    this.#plain = undefined;
    return plain.columns();
  }

  #upToDate<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isOutOfDate(error)) throw error;
    }
    this.#forms = queryForms(this.#sql, this.#resultColumns());
    this.#cells = undefined;
    this.#json = undefined;
    this.#firstRow = undefined;
    return read();
  }

  #run(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    const rows = (asBigInt ? undefined : this.#asJson(args)) ?? this.#asCells(args, asBigInt);
    this.#expectsMany = rows.length >= minJsonRows;
    return rows;
  }

  #asCells(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    if (this.#cells === undefined) {
      this.#cells = this.#compileCells();
      this.#asBigInt = false;
    }
    if (asBigInt !== this.#asBigInt) {
      this.#cells.safeIntegers(asBigInt);
      this.#asBigInt = asBigInt;
    }
    const rows = this.#cells.all(args) as unknown[][];
    if (this.#readsHex) fromHex(rows);
    return rows;
  }

  #readFirst(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#firstRow ??= new GetStatement(() => this.#compileCells());
    const rows = this.#firstRow.read(args, asBigInt);
    if (this.#readsHex) fromHex(rows);
    return rows;
  }

  /** `undefined` if the other way is the better one, or the only one for a value that the declared types did not let expect. */
  #asJson(args: readonly SqlValue[]): unknown[][] | undefined {
    const { json } = this.#forms;
    if (json === undefined || !this.#suitsJson || !this.#expectsMany) return undefined;
    try {
      this.#json ??= this.#prepare(json).raw(true);
      const [[blob]] = this.#json.all(args) as [[Uint8Array]];
      const rows = JSON.parse(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString()) as unknown[][];
      if (this.#decode(rows)) return rows;
    } catch (error) {
      if (!isBeyondJson(error)) throw error;
    }
    this.#suitsJson = false;
    return undefined;
  }

  #decode(rows: unknown[][]): boolean {
    const { kinds } = this.#forms;
    for (const row of rows) {
      for (let c = 0; c < row.length; c += 1) {
        const cell = row[c];
        const kind = kinds[c]!;
        if (typeof cell === "string" && kind !== "real") continue;
        row[c] = readJsonCell(cell, kind);
        if (row[c] !== unreadable) continue;
        // An integer beyond 2^53, or a real of that size: reading them as bigint tells.
        if (Number.isInteger(cell)) throw new UnsafeInteger();
        return false;
      }
    }
    return true;
  }

  #compileCells(): Statement {
    try {
      return this.#prepare(this.#forms.cells).raw(true);
    } catch (error) {
      if (isOutOfDate(error)) throw error;
      // Too long or too deep a text for one more layer. If it does not compile as it was written either, that says why.
      this.#suitsJson = false;
      this.#readsHex = false;
      return this.#prepare(this.#sql).raw(true);
    }
  }
}

/** Whether the query has another number of columns than when its forms were written. */
function isOutOfDate(error: unknown): boolean {
  return isError(error) && error.message.includes(rowsName);
}

function isBeyondJson(error: unknown): boolean {
  if (!isError(error)) return false;
  if ("rawCode" in error) return error.rawCode === sqliteTooBig;
  return "code" in error && error.code === "ERR_STRING_TOO_LONG";
}
