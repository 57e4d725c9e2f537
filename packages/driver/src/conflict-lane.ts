import { createAsyncScope } from "./async-scope.ts";
import { sleep } from "./waiting.ts";
import type { Deadline } from "./waiting.ts";

/** Gives the place in the lane back. */
export type LeaveLane = () => void;

const laneScope = createAsyncScope<true>();

/**
 * Where transactions that have conflicted again and again run one after the other, so that they are no longer in each other's way:
 * those who all want one row would else go on to meet until some give up. First come, first served.
 */
export class ConflictLane {
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for the place, for as long as `deadline` allows; `undefined` if the caller is inside of a transaction that has it, which
   * would then wait for itself.
   */
  async enter(deadline: Deadline): Promise<LeaveLane | undefined> {
    if (laneScope.current === true) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => promise);
    const over = new AbortController();
    try {
      await Promise.race([before, overtime(deadline, over.signal)]);
      deadline.check("its turn among transactions that have conflicted");
      return resolve;
    } catch (error) {
      resolve();
      throw error;
    } finally {
      over.abort();
    }
  }

  /** Runs what has the place. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return laneScope.run(true, work);
  }
}

/** Resolves when the time is over, rejects when the signal fires; ends its timer with `done`. */
async function overtime(deadline: Deadline, done: AbortSignal): Promise<void> {
  const signal = deadline.signal === undefined ? done : AbortSignal.any([done, deadline.signal]);
  const longestMs = 2 ** 31 - 1;
  await sleep(Math.min(deadline.remainingMs, longestMs), signal).catch(() => undefined);
}
