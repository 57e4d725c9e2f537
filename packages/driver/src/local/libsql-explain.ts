import type Database from "libsql";
import type { SqlValue } from "../engine.ts";
import { nextToken } from "../sql/tokenize.ts";
import type { NativeColumn, NativeRows, NativeStatement } from "./native.ts";

/** Whether `sql` is an EXPLAIN or an EXPLAIN QUERY PLAN. */
export function isExplain(sql: string): boolean {
  const first = nextToken(sql, 0);
  return first !== undefined && sql.slice(first.start, first.end).toUpperCase() === "EXPLAIN";
}

/**
 * An EXPLAIN in libSQL. SQLite counts one as under way, even after its last row, until it is reset; and while a statement is under
 * way nothing can be dropped on its connection. Of the library's methods only `get()` resets a statement, after its first row.
 */
export class ExplainStatement implements NativeStatement {
  readonly returnsRows = true;
  readonly #statement: Database.Statement;

  constructor(statement: Database.Statement) {
    this.#statement = statement.raw(true);
  }

  columns(): NativeColumn[] {
    return this.#statement.columns().map((column) => ({ name: column.name, type: column.type ?? "" }));
  }

  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#statement.safeIntegers(asBigInt);
    try {
      return this.#statement.all(args) as unknown[][];
    } finally {
      this.#statement.get(args);
    }
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    this.all(args, false);
    return { changes: 0, lastInsertRowid: 0n };
  }

  /** A plan is short: it is read at once, so that nothing is left open. */
  iterate(args: readonly SqlValue[]): NativeRows {
    const rows = this.all(args, true).values();
    return { next: () => rows.next().value, close: () => undefined };
  }
}
