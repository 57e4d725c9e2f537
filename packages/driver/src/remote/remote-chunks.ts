import type { Value } from "@libsql/core/api";
import type { CallOptions } from "../api.ts";
import type { BoundStatement, RowChunks } from "../engine.ts";
import { CallScope } from "./call-scope.ts";
import { CursorRows } from "./cursor-rows.ts";
import type { OpenedCursor } from "./cursor-rows.ts";

/** What chunks need of who opens them. */
export interface ChunksHost {
  readonly open: (signal: AbortSignal | undefined) => Promise<OpenedCursor>;
  /** The error for the caller, or a promise of it. */
  readonly toError: (error: unknown) => unknown;
}

/** Rows as the server sends them; begins with the first `next()`. The call's bounds hold for the whole iteration. */
export class RemoteChunks implements RowChunks {
  readonly #host: ChunksHost;
  readonly #statement: BoundStatement;
  readonly #options: CallOptions;
  #scope: CallScope | undefined;
  #rows: CursorRows | undefined;
  /** What was read before it was wanted, and what then went wrong. */
  readonly #ahead: Value[][][] = [];
  #failure: { readonly error: unknown } | undefined;
  #isDone = false;
  /** Settles when the read under way has ended. */
  #reading: Promise<void> = Promise.resolve();

  constructor(host: ChunksHost, statement: BoundStatement, options: CallOptions) {
    this.#host = host;
    this.#statement = statement;
    this.#options = options;
  }

  get columns(): readonly string[] {
    return this.#rows?.columns ?? [];
  }

  async next(): Promise<IteratorResult<Value[][], void>> {
    const ready = this.#ahead.shift();
    if (ready !== undefined) return { done: false, value: ready };
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      throw error;
    }
    const value = await this.#read();
    if (value === undefined && this.#failure !== undefined) return this.next();
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  return(): Promise<IteratorResult<Value[][], void>> {
    this.#ahead.length = 0;
    this.#failure = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends it with an error: what was not read yet is not to be had any more. */
  fail(error: Error): void {
    if (this.#isDone) return;
    this.#ahead.length = 0;
    this.#failure = { error };
    this.#end();
  }

  /** Reads all that is left, so that the stream is free for another request. Never throws. */
  async drain(): Promise<void> {
    try {
      for (let rows = await this.#read(); rows !== undefined; rows = await this.#read()) this.#ahead.push(rows);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #read(): Promise<Value[][] | undefined> {
    const result = this.#reading.then(() => this.#readOnce());
    this.#reading = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #readOnce(): Promise<Value[][] | undefined> {
    if (this.#isDone) return undefined;
    try {
      if (this.#rows === undefined) {
        this.#scope = CallScope.of(this.#options);
        const opened = await this.#host.open(this.#scope?.signal);
        this.#rows = new CursorRows(opened, this.#statement);
        // Left while it was being opened.
        if (this.#isDone) this.#rows.close();
      }
      const rows = this.#isDone ? undefined : await this.#rows.next();
      if (rows === undefined) this.#end();
      return rows;
    } catch (error) {
      // What breaks because the caller has left is no concern of theirs.
      if (this.#isDone) return undefined;
      this.#end();
      throw await this.#host.toError(error);
    }
  }

  #end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#rows?.close();
    this.#scope?.end();
  }
}
