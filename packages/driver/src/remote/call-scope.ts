import type { CallOptions } from "../api.ts";
import { abortedError, throwIfAborted, timeoutError } from "../waiting.ts";

/**
 * How long a call may take: until its signal fires or its time is over. The scope's own signal then fires with the error
 * for the caller as its reason.
 */
export class CallScope {
  readonly #controller = new AbortController();
  readonly #callerSignal: AbortSignal | undefined;
  readonly #onAbort: (() => void) | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor({ signal, timeoutMs }: CallOptions) {
    if (signal !== undefined) {
      this.#callerSignal = signal;
      this.#onAbort = () => this.#controller.abort(abortedError(signal));
      signal.addEventListener("abort", this.#onAbort, { once: true });
    }
    if (timeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#controller.abort(timeoutError(timeoutMs, "the server")), timeoutMs);
    }
  }

  /**
   * The scope of a call, or `undefined` for one without bounds. Its {@link CallScope.end} must be called with the end of the call.
   *
   * @throws {LitefleetError} `ABORTED` if the signal has fired already.
   */
  static of(options: CallOptions): CallScope | undefined {
    if (options.signal === undefined && options.timeoutMs === undefined) return undefined;
    throwIfAborted(options.signal);
    return new CallScope(options);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends it: leaves no timer and no listener. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#onAbort !== undefined) this.#callerSignal?.removeEventListener("abort", this.#onAbort);
  }
}
