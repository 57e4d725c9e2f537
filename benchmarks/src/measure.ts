/** Something to be timed: runs the work `times` times. */
export type Work = (times: number) => Promise<void> | void;

/** A named way of doing the same thing. */
export interface Contender {
  readonly name: string;
  readonly work: Work;
  /** How often the work is done in one round. */
  readonly times: number;
}

const rounds = 5;

/**
 * Times contenders in turns (A B C, A B C, …), so that a machine that gets slower does so for all of them, and gives each
 * one's median in microseconds a time. One round before counts for nothing.
 */
export async function measure(contenders: readonly Contender[]): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, work, times } of contenders) {
      const startedAt = performance.now();
      await work(times);
      const microseconds = ((performance.now() - startedAt) * 1_000) / times;
      if (round > 0) samples.get(name)?.push(microseconds);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

/** The middle value; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}
