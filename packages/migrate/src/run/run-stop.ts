/** Why a run starts no further tenant. */
export type StopCause =
  | { readonly kind: "interrupted" }
  /** A guard, with what it said. */
  | { readonly kind: "halted"; readonly reason: string }
  /** It cannot go on; the error is for the caller. */
  | { readonly kind: "broken"; readonly error: unknown };

/** Stops a run, once; what comes later changes nothing. */
export class RunStop {
  readonly #controller = new AbortController();
  #cause: StopCause | undefined;

  get cause(): StopCause | undefined {
    return this.#cause;
  }

  get isSet(): boolean {
    return this.#cause !== undefined;
  }

  /** Fires when the run is stopped: for pauses. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  set(cause: StopCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#controller.abort();
  }

  /** An interrupt from outside stops the run, until the function that it answers is called. */
  follow(signal: AbortSignal | undefined): () => void {
    const interrupt = (): void => this.set({ kind: "interrupted" });
    if (signal?.aborted === true) interrupt();
    signal?.addEventListener("abort", interrupt);
    return () => signal?.removeEventListener("abort", interrupt);
  }
}
