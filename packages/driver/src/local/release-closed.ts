import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * A connection that was open for less, in milliseconds, has statements in the young generation, as good as always. Collecting that takes
 * some milliseconds, everything tens.
 */
const youngMs = 1_000;

/**
 * Young connections closed until their generation is collected, at least: twice as many as are open. What is collected twice while it is in use
 * counts as old.
 */
const minorEvery = 50;

/** Closed ones until everything is collected, for those that the collector has taken for old nevertheless. */
const majorEvery = 2_000;

/** Old connections that may keep their files. */
const maxUnreleased = 80;

/** So many closed one soon after the other, as by a fleet that ends, have everything collected when no other follows, */
const burst = 16;

/** within so many milliseconds. */
const quietMs = 500;

let open = 0;
let closedSinceMinor = 0;
let closedSinceMajor = 0;
let closedInBurst = 0;
/** How many old ones have not been collected yet, and how many have been closed since everything was. */
let unreleased = 0;
let oldSinceMajor = 0;
let quiet: NodeJS.Timeout | undefined;
let collect: NodeJS.GCFunction | undefined;

/** What is in it survives when the young generation is collected, so the young are not. */
const registry = new FinalizationRegistry<undefined>(() => {
  unreleased -= 1;
});

/** Tells of a connection that has been opened. */
export function connectionOpened(): void {
  open += 1;
}

/**
 * Has the files of closed connections released.
 *
 * The libSQL library cannot finalize a statement, and keeps a closed database's file open until the garbage collector has met its last
 * one. For a process that opens thousands of files one after the other that is too late: 5,700 were open where 100 clients were, and the
 * limit is often 1,024. So the collector is asked: the young generation often, everything only where too many stay, and after a burst.
 *
 * @param last what dies with the connection's statements; `undefined` if there were none.
 * @param openMs how long the connection was open.
 */
export function connectionClosed(last: object | undefined, openMs: number): void {
  open -= 1;
  if (last === undefined) return;
  closedSinceMajor += 1;
  closedInBurst += 1;
  if (openMs < youngMs) closedSinceMinor += 1;
  else {
    unreleased += 1;
    oldSinceMajor += 1;
    registry.register(last, undefined);
  }
  if (closedSinceMajor >= majorEvery || (unreleased >= maxUnreleased && oldSinceMajor >= maxUnreleased)) {
    collectSoon("major");
  } else if (closedSinceMinor >= Math.max(minorEvery, 2 * open)) collectSoon("minor");
  if (quiet === undefined) quiet = setTimeout(collectAfterBurst, quietMs).unref();
  else quiet.refresh();
}

function collectAfterBurst(): void {
  quiet = undefined;
  if (closedInBurst >= burst) collectSoon("major");
  closedInBurst = 0;
}

/** Not inside of a call of the user's: in a turn of the event loop. */
function collectSoon(type: "major" | "minor"): void {
  closedSinceMinor = 0;
  if (type === "major") {
    closedSinceMajor = 0;
    oldSinceMajor = 0;
  }
  collect ??= exposeCollector();
  setImmediate(() => collect?.({ type }));
}

function exposeCollector(): NodeJS.GCFunction | undefined {
  setFlagsFromString("--expose-gc");
  return runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
}
