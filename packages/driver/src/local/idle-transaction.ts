import { LitefleetError } from "../errors.ts";
import type { TurnWatch } from "./write-queue.ts";

/** How long a transaction may stand idle in front of others when the client has no `timeout`, in milliseconds. */
const defaultIdleMs = 1_000;

/** Idle is what does nothing between this many looks: a blocked event loop, which delays them all, is not idleness. */
const looks = 4;

/** What a transaction tells about what it does. */
export interface ActiveTransaction {
  /** Changes with every call; `undefined` while something is under way that ends by itself. */
  readonly activity: number | undefined;
}

/**
 * Ends the wait behind a transaction that does nothing. Where a database has one connection, such a transaction may be open
 * in the very code that waits, and would then never end.
 */
export function watchForIdle(
  current: () => ActiveTransaction | undefined,
  patienceMs: number = defaultIdleMs,
): TurnWatch {
  let seen: ActiveTransaction | undefined;
  let activity: number | undefined;
  let idleLooks = 0;
  return {
    everyMs: patienceMs / looks,
    look() {
      const transaction = current();
      const isIdle = transaction !== undefined && transaction === seen && transaction.activity === activity;
      seen = transaction;
      activity = transaction?.activity;
      idleLooks = isIdle && activity !== undefined ? idleLooks + 1 : 0;
      return idleLooks < looks ? undefined : activeError();
    },
  };
}

function activeError(): LitefleetError {
  return new LitefleetError(
    "A database in memory has one connection, and a transaction of this client that stands idle is holding it. " +
      "Commit or roll it back first, or make the call on the transaction.",
    "TRANSACTION_ACTIVE",
    { isRetryable: true },
  );
}
