import type { CallOptions } from "./api.ts";
import { LitefleetError } from "./errors.ts";

/** The error for a call that its `signal` ended. */
export function abortedError(signal: AbortSignal): LitefleetError {
  return new LitefleetError("The call was aborted by its signal", "ABORTED", { cause: signal.reason });
}

/** The error for a call that ran out of its `timeoutMs`. */
export function timeoutError(timeoutMs: number, waitedFor: string): LitefleetError {
  return new LitefleetError(`Gave up after ${timeoutMs} ms, waiting for ${waitedFor}`, "TIMEOUT", {
    isRetryable: true,
  });
}

/** @throws {LitefleetError} `ABORTED` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedError(signal);
}

/**
 * Resolves after `ms` milliseconds; rejects with `ABORTED` as soon as `signal` fires. Leaves no timer and no listener.
 */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(abortedError(signal));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(abortedError(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A point in time that a call must not pass, and the signal that may end it sooner. */
export class Deadline {
  readonly signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  readonly #endsAt: number;

  constructor(options: Pick<CallOptions, "signal" | "timeoutMs">) {
    this.signal = options.signal;
    this.#timeoutMs = options.timeoutMs;
    this.#endsAt = options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.timeoutMs;
  }

  /** Milliseconds left; `Infinity` without a limit. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }

  /** @throws {LitefleetError} `ABORTED` or `TIMEOUT` if it has passed. */
  check(waitedFor: string): void {
    throwIfAborted(this.signal);
    if (this.#timeoutMs !== undefined && this.remainingMs === 0) throw timeoutError(this.#timeoutMs, waitedFor);
  }
}
