import { setImmediate as nextTurn } from "node:timers/promises";
import type { Lane } from "./lane.ts";

/** What is to be done, and within which bounds. */
export interface DispatchOptions {
  /** In this order, save that what waits for a busy server is passed by. */
  readonly items: readonly number[];
  /** Items under way at once. */
  readonly concurrency: number;
  /** The server that an item goes to; `undefined` for one that goes to none. */
  readonly laneOf: (item: number) => Lane | undefined;
  /** Nothing more is started once this is true. */
  readonly isOver: () => boolean;
  /** Must not throw. */
  readonly work: (item: number) => Promise<void>;
}

/** Does the work for every item; resolves when all that was started has ended. */
export async function dispatch(options: DispatchOptions): Promise<void> {
  const { items, concurrency, laneOf, isOver, work } = options;
  const held = new Map<Lane, number[]>();
  const ended = Promise.withResolvers<void>();
  let next = 0;
  let running = 0;

  const pick = (): number | undefined => {
    for (const [lane, waiting] of held) {
      if (!lane.hasRoom) continue;
      const item = waiting.shift();
      if (waiting.length === 0) held.delete(lane);
      return item;
    }
    while (next < items.length) {
      const item = items[next]!;
      next += 1;
      const lane = laneOf(item);
      if (lane === undefined || lane.hasRoom) return item;
      const waiting = held.get(lane);
      if (waiting === undefined) held.set(lane, [item]);
      else waiting.push(item);
    }
    return undefined;
  };

  const run = async (item: number): Promise<void> => {
    const lane = laneOf(item);
    const startedAt = performance.now();
    lane?.start();
    running += 1;
    // Local engines are synchronous: without a turn of the event loop no signal, timer or output would get through.
    await nextTurn();
    await work(item);
    running -= 1;
    lane?.end(performance.now() - startedAt);
    pump();
  };

  const pump = (): void => {
    while (running < concurrency && !isOver()) {
      const item = pick();
      if (item === undefined) break;
      run(item).catch(ended.reject);
    }
    if (running === 0) ended.resolve();
  };

  pump();
  return ended.promise;
}
