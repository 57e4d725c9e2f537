import { setTimeout as sleep } from "node:timers/promises";
import type { RunReader } from "../run/run-reader.ts";
import type { RunRecord, RunTenant } from "../run/run-record.ts";
import type { Patch, RunChoice, Snapshot } from "./page/page-data.ts";
import { runChoices, snapshotOf } from "./snapshot.ts";

/** What a page is told. */
export type FeedMessage =
  | { readonly type: "snapshot"; readonly data: Snapshot }
  | { readonly type: "patch"; readonly data: Patch };

/** Somebody who is told. */
export interface FeedListener {
  readonly onMessage: (message: FeedMessage) => void;
  /** The ledger cannot be read; nothing more is told. */
  readonly onError: (error: unknown) => void;
}

/** How often the ledger is looked at while a run is going, and while none is. */
const runningMs = 500;
const idleMs = 2_000;

/** Follows one run in the ledger for as long as somebody listens: what has changed is read once, however many pages there are. */
export class RunFeed {
  readonly #reader: RunReader;
  readonly #id: string;
  readonly #listeners = new Set<FeedListener>();
  #run: RunRecord | undefined;
  #tenants = new Map<string, RunTenant>();
  #runs: readonly RunChoice[] = [];
  #isRead = false;
  #isPolling = false;
  #wake = new AbortController();

  /** @param id A run, or `"latest"`: then a newer one takes its place. */
  constructor(reader: RunReader, id: string) {
    this.#reader = reader;
    this.#id = id;
  }

  get isUsed(): boolean {
    return this.#listeners.size > 0 || this.#isPolling;
  }

  /** Tells `listener` what is there and then what changes; the function that it answers ends that. */
  subscribe(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    if (this.#isRead) listener.onMessage({ type: "snapshot", data: this.#snapshot() });
    if (!this.#isPolling) void this.#poll();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#wake.abort();
    };
  }

  /** Until nobody listens, or the ledger cannot be read; never throws. */
  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      while (this.#listeners.size > 0) {
        await this.#read();
        this.#wake = new AbortController();
        const ms = this.#run?.state === "running" ? runningMs : idleMs;
        if (this.#listeners.size > 0) await sleep(ms, undefined, { signal: this.#wake.signal }).catch(() => {});
      }
    } catch (error) {
      for (const { onError } of this.#listeners) onError(error);
      this.#listeners.clear();
    } finally {
      this.#isPolling = false;
      this.#isRead = false;
    }
  }

  async #read(): Promise<void> {
    const run = await this.#reader.get(this.#id);
    const before = this.#run;
    const isSame = this.#isRead && run?.id === before?.id;
    if (isSame && JSON.stringify(run) === JSON.stringify(before)) return;
    const tenants = run === undefined ? [] : await this.#reader.tenants(run.id);
    const changed = tenants.filter((tenant) => !isSame || differs(tenant, this.#tenants.get(tenant.name)));
    this.#run = run;
    for (const tenant of isSame ? changed : []) this.#tenants.set(tenant.name, tenant);
    if (!isSame) {
      this.#tenants = new Map(tenants.map((tenant) => [tenant.name, tenant]));
      this.#runs = await runChoices(this.#reader);
      this.#isRead = true;
      this.#tell({ type: "snapshot", data: this.#snapshot() });
    } else if (run !== undefined) {
      this.#tell({ type: "patch", data: { run, tenants: changed } });
    }
  }

  #snapshot(): Snapshot {
    if (this.#run === undefined) return { tenants: [], runs: this.#runs };
    return snapshotOf({ run: this.#run, tenants: [...this.#tenants.values()] }, this.#runs);
  }

  #tell(message: FeedMessage): void {
    for (const { onMessage } of this.#listeners) onMessage(message);
  }
}

function differs(now: RunTenant, before: RunTenant | undefined): boolean {
  return JSON.stringify(now) !== JSON.stringify(before);
}
