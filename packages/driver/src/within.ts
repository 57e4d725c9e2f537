import type { CallOptions } from "./api.ts";
import { abortedError, throwIfAborted, timeoutError } from "./waiting.ts";

/** Waits for work that others share, no longer than the call allows; the work goes on. */
export function within<T>(
  work: Promise<T>,
  options: Pick<CallOptions, "signal" | "timeoutMs">,
  waitedFor: string,
): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal === undefined && timeoutMs === undefined) return work;
  return new Promise((resolve, reject) => {
    work.catch(() => undefined);
    throwIfAborted(signal);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(abortedError(signal!));
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            signal?.removeEventListener("abort", onAbort);
            reject(timeoutError(timeoutMs, waitedFor));
          }, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    work.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error: unknown) => {
        settled();
        reject(error);
      },
    );
  });
}
