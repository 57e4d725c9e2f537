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
}

const rounds = 5;
const slices = 10;

/**
 * Times contenders and gives each one's median in microseconds a time. Rounds are cut into slices that alternate (A B C, A B
 * C, …), so that a machine that is busy for a while is so for all of them, and the median is that of all slices. One round
 * before counts for nothing.
 */
export async function measure(contenders: readonly Contender[]): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let turn = 0; turn < (rounds + 1) * slices; turn += 1) {
    for (const { name, work, times, isWhole } of contenders) {
      if (isWhole === true && turn % slices > 0) continue;
      const count = isWhole === true ? times : Math.ceil(times / slices);
      const startedAt = performance.now();
      await work(count);
      const microseconds = ((performance.now() - startedAt) * 1_000) / count;
      if (turn >= slices) samples.get(name)?.push(microseconds);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
