import { exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/**
 * Runs `work` with a signal that fires at the first Ctrl-C. At the second one the process ends at once, which is safe too:
 * open transactions are rolled back.
 */
export async function withInterrupt<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = io.onInterrupt(() => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    io.err.write("\nStopping after the tenants that are under way; press Ctrl-C again to leave at once.\n");
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    stop();
  }
}
