import { Deadline, sleep } from "../waiting.ts";
import type { CallOptions } from "../api.ts";
import { isBusy } from "./classify.ts";

/** How long a lock of another process is waited for when the client has no `timeout`, in milliseconds. */
const defaultPatienceMs = 100;

/** The longest pause between two attempts, in milliseconds. */
const maxPauseMs = 25;

/**
 * Runs `attempt`, and again while it fails with SQLITE_BUSY, for `patienceMs` at the most. Between attempts the event loop
 * is free: SQLite's own busy handler would block it. The pauses grow and vary, so that processes do not march in step.
 *
 * @throws what `attempt` throws, at the latest SQLITE_BUSY; `ABORTED` or `TIMEOUT` per `options`.
 */
export async function whileBusy<T>(attempt: () => T, patienceMs: number | undefined, options: CallOptions): Promise<T> {
  const startedAt = performance.now();
  const patience = patienceMs ?? defaultPatienceMs;
  const deadline = new Deadline(options);
  for (let pauseMs = 1; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      return attempt();
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      if (!isBusy(error) || waitedMs >= patience) throw error;
      // A snapshot that is out of date stays so: only a new transaction helps.
      if (error.extendedCode === "SQLITE_BUSY_SNAPSHOT") throw error;
      deadline.check("a lock on the database");
      const wishMs = pauseMs * (0.5 + Math.random());
      await sleep(
        Math.min(wishMs, Math.max(1, patience - waitedMs), Math.max(1, deadline.remainingMs)),
        options.signal,
      );
    }
  }
}
