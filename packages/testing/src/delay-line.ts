/** Does things a while after they were asked for, in the order they were asked for. */
export class DelayLine {
  readonly #delayMs: () => number;
  readonly #waiting: { readonly at: number; readonly action: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(delayMs: () => number) {
    this.#delayMs = delayMs;
  }

  push(action: () => void): void {
    const delayMs = this.#delayMs();
    if (delayMs <= 0 && this.#waiting.length === 0) {
      action();
      return;
    }
    this.#waiting.push({ at: performance.now() + delayMs, action });
    this.#timer ??= setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const leftMs = first.at - performance.now();
      if (leftMs > 0.5) {
        this.#timer = setTimeout(() => this.#run(), leftMs);
        return;
      }
      this.#waiting.shift();
      first.action();
    }
  }
}
