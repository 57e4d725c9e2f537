import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Closed connections after which the young generation is collected, which takes about a millisecond. */
const minorEvery = 50;

/** Closed connections whose files may stay open, as far as collecting the young generation does not help. */
const maxUnreleased = 80;

/** So many closed one soon after the other, as by a fleet that ends, have everything collected when no other follows, */
const burst = 16;

/** within so many milliseconds. */
const quietMs = 500;

/** How many closed connections have not been collected yet. */
let unreleased = 0;
let closedSinceMinor = 0;
let closedSinceMajor = 0;
let closedInBurst = 0;
let quiet: NodeJS.Timeout | undefined;
let collect: NodeJS.GCFunction | undefined;

const registry = new FinalizationRegistry<undefined>(() => {
  unreleased -= 1;
});

/**
 * Has the files of closed connections released.
 *
 * The libSQL library cannot finalize a statement, and keeps a closed database's file open until the garbage collector has met its last
 * one. For a process that opens thousands of files one after the other that is too late: 5,700 were open where 100 clients were, and the
 * limit is often 1,024. So the collector is asked: the young generation often, everything only where too many stay, and after a burst.
 *
 * @param last what dies with the connection's statements.
 */
export function connectionClosed(last: object): void {
  unreleased += 1;
  closedSinceMinor += 1;
  closedSinceMajor += 1;
  registry.register(last, undefined);
  if (unreleased >= maxUnreleased && closedSinceMajor >= maxUnreleased) {
    closedSinceMinor = 0;
    closedSinceMajor = 0;
    collectSoon("major");
  } else if (closedSinceMinor >= minorEvery) {
    closedSinceMinor = 0;
    collectSoon("minor");
  }
  closedInBurst += 1;
  if (quiet === undefined) quiet = setTimeout(collectAfterBurst, quietMs).unref();
  else quiet.refresh();
}

function collectAfterBurst(): void {
  quiet = undefined;
  if (closedInBurst >= burst && unreleased > 0) collectSoon("major");
  closedInBurst = 0;
}

/** Not inside of a call of the user's: in a turn of the event loop. */
function collectSoon(type: "major" | "minor"): void {
  collect ??= exposeCollector();
  setImmediate(() => collect?.({ type }));
}

function exposeCollector(): NodeJS.GCFunction | undefined {
  setFlagsFromString("--expose-gc");
  return runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
}
