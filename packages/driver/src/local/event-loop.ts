/** How long answers that need no waiting may come one after the other before the event loop gets a turn, in milliseconds. */
const stretchMs = 8;

/** How many point reads pass between two looks at the clock. */
const looksEvery = 16;

let weightSinceLook = 0;
let stretchBegan = 0;
let isTurnUnderWay = false;

/**
 * Whether the event loop should get a turn before the next answer. A promise that is fulfilled at once never leaves the
 * microtask queue: a loop of awaited reads would keep timers and sockets waiting until it ends, and the compiled statements
 * that the libraries free in a turn of the loop would pile up. Until the turn has come it is due for everybody: of many such loops at
 * once each would otherwise go on for a stretch of its own.
 *
 * @param weight what the answer cost: 1 for a point read, more for what should be looked at more often.
 */
export function isTurnDue(weight = 1): boolean {
  if (isTurnUnderWay) return true;
  weightSinceLook += weight;
  if (weightSinceLook < looksEvery) return false;
  weightSinceLook = 0;
  if (performance.now() - stretchBegan < stretchMs) return false;
  isTurnUnderWay = true;
  setImmediate(() => {
    isTurnUnderWay = false;
    stretchBegan = performance.now();
  });
  return true;
}

const waiting: (() => void)[] = [];

/**
 * Gives `value` after timers and sockets have had their turn. All who wait go on together: of those who went on one after the other, each in a
 * turn of its own, the first would go on for a whole stretch.
 */
export function afterTurn<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    waiting.push(() => resolve(value));
    if (waiting.length === 1) setImmediate(wakeAll);
  });
}

function wakeAll(): void {
  for (const wake of waiting.splice(0)) wake();
}
