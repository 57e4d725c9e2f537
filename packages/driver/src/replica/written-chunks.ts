import type { Value } from "@libsql/core/api";
import type { RowChunks } from "../engine.ts";

/** The rows of a write on the primary, after the last of which the local copy catches up. */
export class WrittenChunks implements RowChunks {
  readonly #chunks: RowChunks;
  readonly #catchUp: () => Promise<void>;
  #isDone = false;

  constructor(chunks: RowChunks, catchUp: () => Promise<void>) {
    this.#chunks = chunks;
    this.#catchUp = catchUp;
  }

  get columns(): readonly string[] {
    return this.#chunks.columns;
  }

  async next(): Promise<IteratorResult<Value[][], void>> {
    const step = await this.#chunks.next();
    if (step.done === true) await this.#end();
    return step;
  }

  async return(): Promise<IteratorResult<Value[][], void>> {
    const step = await this.#chunks.return();
    await this.#end();
    return step;
  }

  async #end(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#catchUp();
  }
}
