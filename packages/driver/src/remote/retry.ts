import { RequestFailure } from "./classify.ts";

/** How often a request is sent again. */
const maxRetries = 3;

/** The longest time that a server may ask us to stay away, in milliseconds; what asks for more is the caller's to decide. */
const maxRetryAfterMs = 5_000;

/** Milliseconds that the first wait may last; each further one may last twice as long as the one before. */
const firstWaitMs = 50;

/**
 * Runs `attempt`, and again a few times after a failure that allows it: of something that only reads, or of which the
 * server surely has not seen anything.
 *
 * @throws {LitefleetError} what the caller is to see; `OUTCOME_UNKNOWN` for a write whose answer was lost.
 */
export async function withRetries<T>(attempt: () => Promise<T>, isReadOnly: boolean, signal?: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      if (!canRetry(error, isReadOnly, tries)) throw error.toError(isReadOnly);
      await waitBeforeRetry(tries, error, signal);
    }
  }
}

/** Whether a request that was sent `tries` times before may be sent once more. */
export function canRetry(failure: RequestFailure, isReadOnly: boolean, tries: number): boolean {
  return tries < maxRetries && failure.retryAfterMs <= maxRetryAfterMs && failure.mayRepeat(isReadOnly);
}

/**
 * Waits for as long as the server has asked for, and a random part of a growing time, so that clients do not come back all at once.
 * Rejects with the signal's reason.
 */
export function waitBeforeRetry(tries: number, failure: RequestFailure, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    clearTimeout(timer);
    const reason: unknown = signal?.reason;
    reject(reason);
  };
  const timer = setTimeout(
    () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    },
    failure.retryAfterMs + Math.random() * firstWaitMs * 2 ** tries,
  );
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  return promise;
}
