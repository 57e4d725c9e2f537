import type { Value } from "@libsql/core/api";
import type { CallOptions } from "../api.ts";
import type { RowChunks } from "../engine.ts";
import { Deadline } from "../waiting.ts";
import { afterTurn, isTurnDue } from "./event-loop.ts";
import type { OpenRows } from "./open-rows.ts";

/** Rows a chunk. */
const chunkSize = 100;

/** What a chunk weighs for {@link isTurnDue}. */
const chunkWeight = 16;

/** An iteration that has begun, and what to do when it ends. */
export interface OpenedRows {
  readonly rows: OpenRows;
  readonly onClose: () => void;
}

/** The rows of a local statement in chunks; begins with the first `next()`. */
export class LocalChunks implements RowChunks {
  readonly #open: () => Promise<OpenedRows>;
  readonly #options: CallOptions;
  #deadline: Deadline | undefined;
  #opened: OpenedRows | undefined;
  #isDone = false;
  #ending: Error | undefined;

  /** @param options bounds of the whole iteration, from the first `next()` on. */
  constructor(open: () => Promise<OpenedRows>, options: CallOptions) {
    this.#open = open;
    this.#options = options;
  }

  get columns(): readonly string[] {
    return this.#opened?.rows.columns ?? [];
  }

  async next(): Promise<IteratorResult<Value[][], void>> {
    this.#throwEnding();
    if (this.#isDone) return { done: true, value: undefined };
    try {
      this.#deadline ??= new Deadline(this.#options);
      this.#deadline.check("the next rows");
      this.#opened ??= await this.#open();
      this.#throwEnding();
      const rows = this.#opened.rows.next(chunkSize);
      if (rows.length > 0) {
        const step: IteratorResult<Value[][], void> = { done: false, value: rows };
        return isTurnDue(chunkWeight) ? await afterTurn(step) : step;
      }
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#close();
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Value[][], void>> {
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the iteration from outside: the next `next()` rejects with `error`. */
  end(error: Error): void {
    if (this.#isDone) return;
    this.#ending = error;
    this.#close();
  }

  #throwEnding(): void {
    const error = this.#ending;
    this.#ending = undefined;
    if (error !== undefined) throw error;
  }

  #close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#opened?.rows.close();
    this.#opened?.onClose();
  }
}
