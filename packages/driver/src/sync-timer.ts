/** Longest pause between two attempts while the primary is away, in milliseconds; a longer interval stays what it is. */
const longestBackoffMs = 60_000;
/** The longest time that a timer takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Runs `work` again and again, each pause a tenth longer or shorter than `intervalMs`, so that many replicas do not ask together.
 * After failures the pauses double. Does not keep the process alive.
 */
export class SyncTimer {
  readonly #intervalMs: number;
  readonly #work: () => Promise<unknown>;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(intervalMs: number, work: () => Promise<unknown>) {
    this.#intervalMs = intervalMs;
    this.#work = work;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    const backoffMs = Math.min(this.#intervalMs * 2 ** this.#failures, Math.max(longestBackoffMs, this.#intervalMs));
    const pauseMs = backoffMs * (0.9 + Math.random() * 0.2);
    this.#timer = setTimeout(() => void this.#run(), Math.min(pauseMs, maxTimerMs));
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    try {
      await this.#work();
      this.#failures = 0;
    } catch {
      this.#failures += 1;
    }
    this.#schedule();
  }
}
