import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Lets go of the files of all closed clients at once, for what wants to know whether a file is open. The driver sees to it that not many of
 * them stay open; the libSQL library keeps one until its last statement is collected.
 */
export async function collectClosedFiles(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("globalThis.gc") as NodeJS.GCFunction | undefined;
  collect?.();
  // Files are closed by finalizers, which run in a turn of their own.
  await nextTurn();
}
