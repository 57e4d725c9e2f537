import { statSync } from "node:fs";
import type { EngineTransaction } from "../engine.ts";
import { sleep } from "../waiting.ts";

/** The size from which the log is worth a pause, in bytes; the engine itself begins to look at 4 MB. */
const usualLimit = 8 * 1024 * 1024;

/** How long transactions are held back for those that are open to end, in milliseconds. */
const maxPauseMs = 500;

/** How often the log is looked at: with every so many transactions. */
const lookEvery = 32;

/**
 * Keeps the log of committed transactions short. The engine writes it back into the database when nothing is open, which
 * with concurrent transactions may never come about by itself: the log, and with it the memory, would grow without end. So
 * from a certain size on new transactions wait until the open ones have ended, half a second at the most.
 */
export class LogKeeper {
  readonly #logPath: string;
  readonly #shorten: () => Promise<unknown>;
  readonly #open = new Set<EngineTransaction>();
  #pause: Promise<void> | undefined;
  #begun = 0;
  #limit = usualLimit;

  /** @param shorten writes the log back; fails if something is open that is not known here, such as an iteration. */
  constructor(path: string, shorten: () => Promise<unknown>) {
    this.#logPath = `${path}-log`;
    this.#shorten = shorten;
  }

  /** Resolves when a transaction may begin; `undefined` if it may at once. */
  get ready(): Promise<void> | undefined {
    return this.#pause;
  }

  /** Notes a transaction that has begun. */
  began(transaction: EngineTransaction): void {
    this.#open.add(transaction);
    this.#begun += 1;
    if (this.#begun % lookEvery !== 0) return;
    this.#forgetClosed();
    if (this.#pause === undefined && this.#size() > this.#limit) {
      this.#pause = this.#shortenInPause().finally(() => {
        this.#pause = undefined;
      });
    }
  }

  async #shortenInPause(): Promise<void> {
    const givesUpAt = performance.now() + maxPauseMs;
    while (this.#forgetClosed() > 0 && performance.now() < givesUpAt) await sleep(1);
    try {
      if (this.#open.size === 0) await this.#shorten();
    } catch {
      // Nothing is lost, and the next attempt comes with a longer log.
    }
    const size = this.#size();
    this.#limit = size > this.#limit ? size * 2 : usualLimit;
  }

  /** How many are still open. */
  #forgetClosed(): number {
    for (const transaction of this.#open) if (transaction.closed) this.#open.delete(transaction);
    return this.#open.size;
  }

  #size(): number {
    return statSync(this.#logPath, { throwIfNoEntry: false })?.size ?? 0;
  }
}
