/** What holds a delay line up; read anew each time. */
export interface DelayRules {
  readonly delayMs: number;
  /** Nothing leaves while this holds; {@link DelayLine.release} says that it holds no longer. */
  readonly isStalled: boolean;
}

/** Does things a while after they were asked for, in the order they were asked for, without waiting for one another. */
export class DelayLine {
  readonly #rules: DelayRules;
  readonly #waiting: { readonly dueAt: number; readonly action: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(rules: DelayRules) {
    this.#rules = rules;
  }

  push(action: () => void): void {
    const { delayMs, isStalled } = this.#rules;
    if (delayMs === 0 && !isStalled && this.#waiting.length === 0) {
      action();
      return;
    }
    this.#waiting.push({ dueAt: performance.now() + delayMs, action });
    if (this.#timer === undefined) this.#wake(delayMs);
  }

  /** Goes on after a stall. */
  release(): void {
    clearTimeout(this.#timer);
    this.#run();
  }

  #wake(afterMs: number): void {
    this.#timer = setTimeout(() => this.#run(), afterMs);
  }

  #run(): void {
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined && !this.#rules.isStalled; first = this.#waiting[0]) {
      const leftMs = first.dueAt - performance.now();
      // Timers count whole milliseconds: half of one early is nearer than half of one late.
      if (leftMs > 0.5) {
        this.#wake(leftMs);
        return;
      }
      this.#waiting.shift();
      first.action();
    }
  }
}
