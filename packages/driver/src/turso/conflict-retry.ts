import type { CallOptions } from "../api.ts";
import { createAsyncScope } from "../async-scope.ts";
import type { MaybePromise } from "../engine.ts";
import { LitefleetError, plainMessage } from "../errors.ts";
import type { LibsqlError } from "../errors.ts";
import { Deadline, sleep } from "../waiting.ts";
import { isConflict, isSchemaChange } from "./classify.ts";

/** How long a call is repeated when it has no limit of its own, in milliseconds. */
const defaultPatienceMs = 30_000;

/** The same inside a concurrent transaction, which the call may be waiting for: it then ends only by giving up. */
const insidePatienceMs = 5_000;

const concurrentScope = createAsyncScope<true>();

/** Runs the callback of a concurrent transaction, so that calls from inside it can be told from others. */
export function runInConcurrent<T>(callback: () => T): T {
  return concurrentScope.run(true, callback);
}

/** The longest pause between two attempts, in milliseconds. */
const maxPauseMs = 50;

/** Told of each conflict that leads to another attempt. */
export type OnConflict = (conflict: { readonly attempt: number; readonly error: LitefleetError }) => void;

/**
 * Runs `attempt` again while it ends in a conflict, or because the schema has changed under it: for autocommit statements and
 * batches, which hold nothing that the program has read before and so mean the same the next time. The pauses grow and vary.
 *
 * @throws the last such error when the time is over; whatever else `attempt` throws; `ABORTED`.
 */
export async function whileConflicting<T>(
  attempt: () => MaybePromise<T>,
  options: CallOptions,
  onConflict: OnConflict | undefined,
): Promise<T> {
  const patienceMs = concurrentScope.current === true ? insidePatienceMs : defaultPatienceMs;
  const deadline = new Deadline({ signal: options.signal, timeoutMs: options.timeoutMs ?? patienceMs });
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = Math.random() * Math.min(maxPauseMs, 2 ** count);
      if (!(isConflict(error) || isSchemaChange(error)) || delayMs >= deadline.remainingMs) throw error;
      onConflict?.({ attempt: count, error: asPlain(error) });
      await sleep(delayMs, options.signal);
    }
  }
}

function asPlain(error: LibsqlError): LitefleetError {
  if (error instanceof LitefleetError) return error;
  return new LitefleetError(plainMessage(error), error.code, { isRetryable: true, cause: error.cause });
}
