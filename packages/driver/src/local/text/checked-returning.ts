import type Database from "libsql";
import type { SqlValue } from "../../engine.ts";
import type { NativeColumn, NativeRows, NativeStatement } from "../native.ts";
import { fromHex } from "./hex-text.ts";
import { returningForm } from "./returning-form.ts";

type Statement = Database.Statement;

/** What a {@link CheckedReturning} needs of its connection. */
export interface ReturningHost {
  prepare(sql: string): Statement;
  /** SQLite's count of schema changes. */
  schemaVersion(): number;
}

/** A writing statement with RETURNING, whose text the library can read whatever it is: see `hexTextSql`. */
export class CheckedReturning implements NativeStatement {
  readonly returnsRows = true;
  readonly #sql: string;
  readonly #host: ReturningHost;
  #plain: Statement;
  #statement: Statement;
  #readsHex = false;
  #hasStar = false;
  #schemaVersion = 0;

  constructor(sql: string, plain: Statement, host: ReturningHost) {
    this.#sql = sql;
    this.#host = host;
    this.#plain = plain;
    this.#statement = this.#write();
  }

  columns(): NativeColumn[] {
    return this.#plain.columns().map(({ name, type }) => ({ name, type: type ?? "" }));
  }

  all(args: readonly SqlValue[]): unknown[][] {
    if (this.#hasStar && this.#host.schemaVersion() !== this.#schemaVersion) {
      this.#plain = this.#host.prepare(this.#sql);
      this.#statement = this.#write();
    }
    const rows = this.#statement.all(args) as unknown[][];
    if (this.#readsHex) fromHex(rows);
    return rows;
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    const { changes, lastInsertRowid } = this.#statement.run(args);
    return { changes, lastInsertRowid: BigInt(lastInsertRowid) };
  }

  /** All rows are read at once: to end a write before its last row would undo it. */
  iterate(args: readonly SqlValue[]): NativeRows {
    const rows = this.all(args);
    return { next: () => rows.shift(), close: () => undefined };
  }

  #write(): Statement {
    const plain = this.#plain;
    this.#readsHex = false;
    const form = returningForm(
      this.#sql,
      plain.columns().map(({ name }) => name),
    );
    this.#hasStar = form?.hasStar ?? false;
    if (this.#hasStar) this.#schemaVersion = this.#host.schemaVersion();
    const written = form === undefined ? undefined : this.#compile(form.sql);
    const isWhole = written !== undefined && written.columns().length === plain.columns().length;
    this.#readsHex = isWhole;
    // A write's integers are read exactly: it cannot be run twice to see them again.
    return (isWhole ? written : plain).raw(true).safeIntegers(true);
  }

  #compile(sql: string): Statement | undefined {
    try {
      return this.#host.prepare(sql);
    } catch {
      // Then it runs as it was written.
      return undefined;
    }
  }
}
