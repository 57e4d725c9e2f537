import type { Value } from "@libsql/core/api";
import type { RowChunks } from "./engine.ts";

/** Chunks whose source has to be waited for. */
export class DeferredChunks implements RowChunks {
  readonly #open: () => Promise<RowChunks>;
  #chunks: RowChunks | undefined;
  #isDone = false;

  constructor(open: () => Promise<RowChunks>) {
    this.#open = open;
  }

  get columns(): readonly string[] {
    return this.#chunks?.columns ?? [];
  }

  async next(): Promise<IteratorResult<Value[][], void>> {
    if (this.#isDone) return { done: true, value: undefined };
    this.#chunks ??= await this.#open();
    return this.#chunks.next();
  }

  async return(): Promise<IteratorResult<Value[][], void>> {
    this.#isDone = true;
    await this.#chunks?.return();
    return { done: true, value: undefined };
  }
}
