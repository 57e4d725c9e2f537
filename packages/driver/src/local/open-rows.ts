import type { RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { classifyNative } from "./classify.ts";
import { decodeExactRows } from "./decode-rows.ts";
import type { NativeLibrary, NativeRows, NativeStatement } from "./native.ts";

/** The rows of a local statement that is being streamed, or the result of one that cannot be. */
export class OpenRows {
  readonly columns: readonly string[];
  readonly #next: (limit: number) => RawResult["rows"];
  readonly #close: () => void;
  #isOpen = true;

  private constructor(columns: readonly string[], next: (limit: number) => RawResult["rows"], close: () => void) {
    this.columns = columns;
    this.#next = next;
    this.#close = close;
  }

  /** Rows that were read already. */
  static of({ columns, rows }: RawResult): OpenRows {
    return new OpenRows(
      columns,
      (limit) => rows.splice(0, limit),
      () => undefined,
    );
  }

  /** Begins to run `native`, which nobody else uses. Throws what its first step throws. */
  static stream(library: NativeLibrary, native: NativeStatement, statement: BoundStatement): OpenRows {
    const open: NativeRows = native.iterate(statement.args);
    let ahead: unknown[] | undefined;
    try {
      // A lock is met by the first step, while whoever opens can still wait for it.
      ahead = open.next();
    } catch (error) {
      open.close();
      throw error;
    }
    const next = (limit: number): RawResult["rows"] => {
      const rows: unknown[][] = [];
      try {
        for (; ahead !== undefined && rows.length < limit; ahead = open.next()) rows.push(ahead);
        decodeExactRows(rows, statement.intMode);
        return rows;
      } catch (error) {
        throw classifyNative(library, error);
      }
    };
    const close = (): void => {
      if (ahead !== undefined) open.close();
    };
    const columns = native.columns().map((column) => column.name);
    return new OpenRows(columns, next, close);
  }

  /** The next rows, at most `limit`; none after the last. */
  next(limit: number): RawResult["rows"] {
    if (!this.#isOpen) return [];
    const rows = this.#next(limit);
    if (rows.length < limit) this.#isOpen = false;
    return rows;
  }

  /** Ends the iteration, so that it pins no snapshot. May be called twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#close();
  }
}
