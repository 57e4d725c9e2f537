import type { LedgerWriter } from "./ledger-writer.ts";
import type { RunEvent, RunListener } from "./run-event.ts";
import type { RunRecord, RunTenant } from "./run-record.ts";

/** Changes of so many milliseconds share one write. */
const groupMs = 50;
/** How often a run says that it is alive, in milliseconds. */
const heartbeatMs = 2_000;

/** What a journal is told. */
export interface JournalOptions {
  /** `undefined`: nothing is written, only told. */
  readonly writer: LedgerWriter | undefined;
  readonly onEvent: RunListener | undefined;
  /** The run as it is now. */
  readonly record: () => RunRecord;
  /** A write failed, after which nothing is written or told any more; or the listener threw, which hears nothing more. */
  readonly onError: (error: unknown) => void;
}

/**
 * Writes down what happens in a run, then tells it. Writes are grouped, so that a run over thousands of tenants costs a few
 * writes a second; of a tenant that has changed twice in between only the last state is written.
 */
export class RunJournal {
  readonly #options: JournalOptions;
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #tenants = new Map<number, RunTenant>();
  #events: RunEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isTold = true;
  #isWritten = true;

  constructor(options: JournalOptions) {
    this.#options = options;
    if (options.writer !== undefined) {
      this.#heartbeat = setInterval(() => void this.flush(), heartbeatMs);
      this.#heartbeat.unref();
    }
  }

  /** A tenant has come to this state. */
  tenant(place: number, tenant: RunTenant): void {
    this.#tenants.set(place, tenant);
  }

  /** Tells the event, after everything noted so far has been written. */
  tell(event: RunEvent): void {
    if (this.#options.writer === undefined) {
      this.#emit([event]);
      return;
    }
    this.#events.push(event);
    this.#timer ??= setTimeout(() => void this.flush(), groupMs);
  }

  /** Writes and tells what has been noted. Resolves after it, also if that failed. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Flushes, and says no more that the run is alive. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.flush();
  }

  async #write(): Promise<void> {
    const { writer, record } = this.#options;
    if (!this.#isWritten || writer === undefined) return;
    const tenants = this.#tenants;
    const events = this.#events;
    this.#tenants = new Map();
    this.#events = [];
    try {
      await writer.save({ run: { ...record(), heartbeatAt: Date.now() }, tenants });
    } catch (error) {
      this.#isWritten = false;
      this.#isTold = false;
      this.#options.onError(error);
      return;
    }
    this.#emit(events);
  }

  #emit(events: readonly RunEvent[]): void {
    try {
      for (const event of events) if (this.#isTold) this.#options.onEvent?.(event);
    } catch (error) {
      this.#isTold = false;
      this.#options.onError(error);
    }
  }
}
