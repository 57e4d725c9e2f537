import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SyncTimer } from "../src/sync-timer.ts";

const intervalMs = 1_000;

describe("the timer of syncInterval", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** The pauses before each of `count` runs, which end as `outcomes` say, then well. */
  const pauses = async (count: number, outcomes: readonly boolean[] = []): Promise<number[]> => {
    const began = Date.now();
    const runs: number[] = [];
    const timer = new SyncTimer(intervalMs, async () => {
      runs.push(Date.now());
      if (outcomes[runs.length - 1] === false) throw new Error("The primary is away");
    });
    while (runs.length < count) await vi.advanceTimersToNextTimerAsync();
    timer.stop();
    expect(vi.getTimerCount()).toBe(0);
    return runs.map((at, i) => at - (runs[i - 1] ?? began));
  };

  it("runs after each interval, a tenth more or less, and not at the same distance for all", async () => {
    const all = await pauses(200);
    for (const pause of all) expect(Math.abs(pause - intervalMs)).toBeLessThanOrEqual(intervalMs / 10);
    expect(new Set(all).size).toBeGreaterThan(20);
  });

  it("doubles its pauses while runs fail, up to a minute, and goes back to the interval after one that did not", async () => {
    const failures = 9;
    const all = await pauses(
      failures + 3,
      Array.from({ length: failures }, () => false),
    );
    const doubled = all.map((_, i) => Math.min(intervalMs * 2 ** Math.min(i, failures), 60_000));
    // One that succeeds comes after the last failure's pause.
    const expected = [...doubled.slice(0, failures + 1), intervalMs, intervalMs];
    all.forEach((pause, i) => expect(Math.abs(pause - expected[i]!)).toBeLessThanOrEqual(expected[i]! / 10));
  });
});
