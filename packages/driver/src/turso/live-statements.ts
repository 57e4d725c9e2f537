/** What holds compiled statements of the engine and can give them back. */
export interface Releasable {
  /** Frees what it holds, to be made again when it is used again; false if it is in use now. */
  release(): boolean;
}

/**
 * Bounds the compiled statements that a connection holds. They live outside of JavaScript's memory, some 20 KB each, so that
 * the garbage collector sees no reason to collect those that nobody refers to any more.
 */
export class LiveStatements {
  readonly #capacity: number;
  /** The one used longest ago comes first. */
  readonly #live = new Set<Releasable>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Notes that a statement is used now; frees others if there are too many. */
  use(statement: Releasable): void {
    this.#live.delete(statement);
    this.#live.add(statement);
    if (this.#live.size <= this.#capacity) return;
    for (const oldest of this.#live) {
      if (oldest === statement || !oldest.release()) continue;
      this.#live.delete(oldest);
      return;
    }
  }
}
