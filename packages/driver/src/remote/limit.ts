/** Lets so many run at once; the others wait in order. */
export class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param max 0 for no limit. */
  constructor(max: number) {
    this.#free = max === 0 ? Number.POSITIVE_INFINITY : max;
  }

  /** Runs `work` in its turn. One whose signal fires while it waits is not run, and rejects with the signal's reason. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(signal: AbortSignal | undefined): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        const reason: unknown = signal?.reason;
        reject(reason);
      };
      const enter = (): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.push(enter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
