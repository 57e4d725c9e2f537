import type { Value } from "@libsql/core/api";
import type { BoundStatement } from "../engine.ts";
import { malformedAnswer, serverError, transactionClosed } from "./classify.ts";
import type { WireCursorEntry } from "./protocol.ts";
import { columnNames, decodeRow, replicationIndexOf } from "./result.ts";
import type { HranaCursor } from "./stream.ts";

/** A cursor that is open, and the number of the step whose rows are wanted. */
export interface OpenedCursor {
  readonly cursor: HranaCursor;
  readonly step: number;
  /** Called when its last row has been read, or when it is closed; may be called more than once. */
  readonly onEnd: () => void;
  readonly onIndex: (index: number | undefined) => void;
}

/** Reads the rows of one step out of a cursor. The other steps only begin a transaction. */
export class CursorRows {
  readonly #opened: OpenedCursor;
  readonly #statement: BoundStatement;
  #columns: readonly string[] = [];
  #state: "before" | "in" | "after" = "before";

  constructor(opened: OpenedCursor, statement: BoundStatement) {
    this.#opened = opened;
    this.#statement = statement;
  }

  get columns(): readonly string[] {
    return this.#columns;
  }

  /**
   * Some rows, or `undefined` at the end. Rejects with the statement's error, with `TRANSACTION_CLOSED` if it was not run,
   * or with a `RequestFailure`.
   */
  async next(): Promise<Value[][] | undefined> {
    for (;;) {
      const entries = await this.#opened.cursor.next();
      if (entries === undefined) {
        this.close();
        if (this.#state === "in") throw malformedAnswer(undefined);
        if (this.#state === "before") throw transactionClosed();
        return undefined;
      }
      const rows: Value[][] = [];
      for (const entry of entries) this.#take(entry, rows);
      if (rows.length > 0) return rows;
    }
  }

  close(): void {
    this.#opened.cursor.close();
    this.#opened.onEnd();
  }

  #take(entry: WireCursorEntry, rows: Value[][]): void {
    switch (entry.type) {
      case "step_begin":
        if (entry.step === this.#opened.step) {
          this.#state = "in";
          this.#columns = columnNames(entry.cols);
        }
        break;
      case "row":
        if (this.#state === "in") rows.push(decodeRow(entry.row, this.#statement.intMode));
        break;
      case "step_end":
        if (this.#state === "in") this.#state = "after";
        break;
      case "step_error":
      case "error":
        throw serverError(entry.error);
      case "replication_index":
        this.#opened.onIndex(replicationIndexOf(entry.replication_index));
        break;
      default:
      // A kind of entry that came after this was written.
    }
  }
}
