import { LitefleetError } from "../errors.ts";
import { RequestFailure } from "./classify.ts";

/** The failure of a request whose signal fired; the engine makes only signals whose reason is an error of ours. */
export function givenUp(signal: AbortSignal, effect: "none" | "unknown"): RequestFailure {
  const reason: unknown = signal.reason;
  const error =
    reason instanceof LitefleetError
      ? reason
      : new LitefleetError("The call was aborted", "ABORTED", { cause: reason });
  // Not to be repeated, although a later call may well succeed.
  return new GivenUp(error, effect);
}

class GivenUp extends RequestFailure {
  override mayRepeat(): boolean {
    return false;
  }
}

/** The caller has given up before anything was sent. @throws {RequestFailure} */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw givenUp(signal, "none");
}

/** Settles as `answer` does, or rejects as soon as the signal fires; the answer is then passed over. */
export async function unlessGivenUp<T>(
  answer: Promise<T>,
  signal: AbortSignal | undefined,
  effect: "none" | "unknown" = "unknown",
): Promise<T> {
  if (signal === undefined) return answer;
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => ended.reject(givenUp(signal, effect));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([answer, ended.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
