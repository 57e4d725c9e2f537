import { collectGarbage, turn } from "./settle.ts";

/** Something to be timed: runs the work `times` times. */
export type Work = (times: number) => Promise<void> | void;

/** A named way of doing the same thing. */
export interface Contender {
  readonly name: string;
  readonly work: Work;
  /** How often the work is done in one round. */
  readonly times: number;
  /** Done all at once, so that a round cannot be cut into slices. */
  readonly isWhole?: boolean;
  /** What comes before each slice and is not timed, for one that works in another process. Default: this one's garbage is collected. */
  readonly settle?: () => Promise<void>;
}

const rounds = 5;
const slices = 10;

/** What cannot be cut is done as a whole in every fifth slice only. */
const wholeEvery = 5;

/**
 * Times contenders and gives each one's median in microseconds a time. Rounds are cut into slices that alternate (A B C, B C
 * A, …), so that a machine that is busy for a while is so for all of them, and nobody always comes after the same one; the median
 * is that of all slices. Each pays for the turn of the event loop in which its library frees what it has left, and for nobody
 * else's garbage. One round before counts for nothing.
 */
export async function measure(contenders: readonly Contender[]): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let slice = 0; slice < (rounds + 1) * slices; slice += 1) {
    const first = slice % contenders.length;
    for (const { name, work, times, isWhole, settle = settleHere } of [
      ...contenders.slice(first),
      ...contenders.slice(0, first),
    ]) {
      if (isWhole === true && slice % wholeEvery > 0) continue;
      const count = isWhole === true ? times : Math.ceil(times / slices);
      await settle();
      const startedAt = performance.now();
      await work(count);
      await turn();
      const microseconds = ((performance.now() - startedAt) * 1_000) / count;
      if (slice >= slices) samples.get(name)?.push(microseconds);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

async function settleHere(): Promise<void> {
  collectGarbage();
  await turn();
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
