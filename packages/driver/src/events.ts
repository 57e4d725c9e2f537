import type { FetchProgress } from "./api.ts";
import type { LitefleetBatchError, LitefleetError } from "./errors.ts";
import type { Conflict } from "./offline/conflict.ts";

/** What an engine reports: of a batch it says which statement. */
export type EngineError = LitefleetError | LitefleetBatchError;

/** The events of a client and what each carries. */
export interface ClientEvents {
  /** A replica was brought up to date. `bytes` is what the primary sent. */
  readonly sync: {
    readonly frameNo: number;
    readonly framesSynced: number;
    readonly durationMs: number;
    readonly bytes: number;
  };
  /** A replica is being fetched whole: about once a megabyte. */
  readonly progress: FetchProgress;
  /** A concurrent transaction met another one; it is retried if the bounds allow. */
  readonly conflict: { readonly attempt: number; readonly error: EngineError };
  /** A transaction's callback is about to run again. */
  readonly retry: { readonly attempt: number; readonly delayMs: number; readonly error: EngineError };
  /** The primary of an offline client has refused a local transaction, or it no longer fits what came from there. */
  readonly rejected: { readonly conflict: Conflict };
  /** Something failed that no caller waits for, such as a periodic sync. */
  readonly error: { readonly error: LitefleetError };
}

/** A small typed emitter: a listener that throws does not disturb the others or the caller. */
export class Emitter {
  readonly #listeners = new Map<keyof ClientEvents, Set<(payload: never) => void>>();

  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    set.add(listener);
    return () => {
      set.delete(listener);
    };
  }

  emit<E extends keyof ClientEvents>(event: E, payload: ClientEvents[E]): void {
    const set = this.#listeners.get(event) as Set<(payload: ClientEvents[E]) => void> | undefined;
    if (set === undefined) return;
    for (const listener of set) {
      try {
        listener(payload);
      } catch (error) {
        // The listener's own fault must surface, but not in the middle of our work.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
