interface Barrier {
  readonly position: number;
  readonly promise: Promise<void>;
  readonly open: () => void;
}

/** Where reads wait for the writes that were called before them, and not for those called after. */
export class ReadBarrier {
  readonly #barriers: Barrier[] = [];

  /** Resolves when the write at `position` and all before it have been answered. Positions must not fall from call to call. */
  after(position: number): Promise<void> {
    const last = this.#barriers.at(-1);
    if (last?.position === position) return last.promise;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#barriers.push({ position, promise, open: resolve });
    return promise;
  }

  /** Tells that every write before `next` has been answered. */
  passed(next: number): void {
    let open = 0;
    while (open < this.#barriers.length && this.#barriers[open]!.position < next) open += 1;
    for (const barrier of this.#barriers.splice(0, open)) barrier.open();
  }
}
