import { clientClosed } from "./classify.ts";

/** The requests that wait for an answer, so that closing the client can end them. */
export class UnderWay {
  readonly #controllers = new Set<AbortController>();

  /** Does `work` with a signal that fires with the caller's, and when the client is closed. Leaves no listener. */
  async run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    this.#controllers.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#controllers.delete(controller);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends what is under way; what comes later is not touched. */
  end(): void {
    for (const controller of this.#controllers) controller.abort(clientClosed());
  }
}
