import type { Client } from "../api.ts";
import type { MaybePromise } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { throwIfAborted } from "../waiting.ts";
import { within } from "../within.ts";
import type { FleetTenant } from "./fleet-api.ts";
import { FreePlaces } from "./free-places.ts";

/** The longest time that a timer takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** A tenant's open database, held open until it is given back. */
export interface Lease<T extends FleetTenant> {
  readonly client: Client;
  readonly tenant: T;
  /** Another lease of the same database, while this one is held. */
  share(): Lease<T>;
  /** Gives it back. Calling it again does nothing. */
  release(): void;
}

/** How long a call may wait for a database to be opened. */
export interface Patience {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** How long it waits if it does not say, in milliseconds. */
const defaultPatienceMs = 30_000;

interface Opened<T extends FleetTenant> {
  readonly client: Client;
  readonly tenant: T;
}

interface Entry<T extends FleetTenant> {
  readonly name: string;
  /** Set once it is open. */
  opened: Opened<T> | undefined;
  opening: Promise<Opened<T>> | undefined;
  /** Whether it counts among those that are open. */
  hasPlace: boolean;
  uses: number;
  idleSince: number;
}

/** What opening a tenant takes. */
interface OpenTenantsOptions<T extends FleetTenant> {
  readonly maxOpen: number;
  readonly idleMs: number;
  readonly find: (name: string) => Promise<T>;
  /** Opens and prepares a client; closes it itself if that fails. */
  readonly open: (tenant: T) => Promise<Client>;
}

/** The clients that are open: shared, counted, bounded; the one that was idle for longest goes first. */
export class OpenTenants<T extends FleetTenant> {
  readonly #options: OpenTenantsOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  /** Those in no use, the one that was idle for longest first. */
  readonly #idle = new Set<Entry<T>>();
  readonly #places: FreePlaces;
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #onDrained: (() => void) | undefined;

  constructor(options: OpenTenantsOptions<T>) {
    this.#options = options;
    this.#places = new FreePlaces(options.maxOpen);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#places.taken;
  }

  get inUse(): number {
    return [...this.#entries.values()].filter(({ opened, uses }) => opened !== undefined && uses > 0).length;
  }

  get waiting(): number {
    return this.#places.waiting;
  }

  /** The client of a tenant if it is open now, for a look: it may be closed at any time. */
  peek(name: string): Client | undefined {
    return this.#entries.get(name)?.opened?.client;
  }

  /** The tenant's database, at once if it is open. */
  acquire(name: string, patience: Patience): MaybePromise<Lease<T>> {
    if (this.#isClosed) throw closedError();
    throwIfAborted(patience.signal);
    let entry = this.#entries.get(name);
    if (entry?.opened?.client.closed === true) {
      // Somebody closed the client that `open` gave. Who still uses it finds out; the next one gets another.
      this.#remove(entry);
      entry = undefined;
    }
    if (entry === undefined) {
      entry = { name, opened: undefined, opening: undefined, hasPlace: false, uses: 0, idleSince: 0 };
      this.#entries.set(name, entry);
    }
    entry.uses += 1;
    this.#idle.delete(entry);
    if (entry.opened !== undefined) return this.#lease(entry, entry.opened);
    return this.#waitForOpening(entry, patience);
  }

  /** Closes what is idle, and the rest as it is given back; at the end of `timeoutMs` whatever is left. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweep);
    this.#places.failAll(closedError());
    for (const entry of this.#idle) this.#remove(entry);
    if (this.#entries.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onDrained = resolve;
    const timer = setTimeout(resolve, Math.min(timeoutMs, maxTimerMs));
    await promise;
    clearTimeout(timer);
    this.#onDrained = undefined;
    for (const entry of this.#entries.values()) this.#remove(entry);
  }

  async #waitForOpening(entry: Entry<T>, patience: Patience): Promise<Lease<T>> {
    const { signal, timeoutMs = defaultPatienceMs } = patience;
    entry.opening ??= this.#open(entry);
    try {
      const opened = await within(entry.opening, { signal, timeoutMs }, "the tenant's database");
      return this.#lease(entry, opened);
    } catch (error) {
      this.#giveBack(entry);
      throw error;
    }
  }

  async #open(entry: Entry<T>): Promise<Opened<T>> {
    try {
      // A name that nobody has must not cost another tenant its place.
      const tenant = await this.#options.find(entry.name);
      await this.#takePlace(entry);
      entry.hasPlace = true;
      if (entry.uses === 0 || this.#isClosed) throw closedError();
      entry.opened = { client: await this.#options.open(tenant), tenant };
      if (this.#isForgotten(entry)) throw closedError();
      return entry.opened;
    } catch (error) {
      this.#remove(entry);
      throw error;
    } finally {
      entry.opening = undefined;
    }
  }

  #takePlace(entry: Entry<T>): MaybePromise<void> {
    if (this.#isClosed) throw closedError();
    if (this.#places.tryTake()) return;
    const [longest] = this.#idle;
    // Who frees a place while others wait gives it to them, so those that are idle are nobody's.
    if (longest !== undefined) this.#remove(longest);
    if (longest === undefined || !this.#places.tryTake()) return this.#places.take(entry);
  }

  #lease(entry: Entry<T>, opened: Opened<T>): Lease<T> {
    let isHeld = true;
    return {
      ...opened,
      share: () => {
        entry.uses += 1;
        return this.#lease(entry, opened);
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#giveBack(entry);
      },
    };
  }

  #giveBack(entry: Entry<T>): void {
    entry.uses -= 1;
    if (entry.opened !== undefined) {
      this.#idleIfUnused(entry);
    } else if (entry.uses === 0) {
      // All who asked for it gave up: it leaves the line, or, if it is being opened already, will be idle.
      this.#places.leave(entry, closedError());
      entry.opening?.then(() => this.#idleIfUnused(entry)).catch(() => undefined);
    }
  }

  #idleIfUnused(entry: Entry<T>): void {
    if (entry.uses > 0 || this.#isForgotten(entry)) return;
    if (this.#isClosed || this.#options.idleMs === 0 || this.#places.waiting > 0) {
      this.#remove(entry);
      return;
    }
    entry.idleSince = performance.now();
    // Behind those that have been idle for longer.
    this.#idle.delete(entry);
    this.#idle.add(entry);
    this.#sweepLater();
  }

  #isForgotten(entry: Entry<T>): boolean {
    return this.#entries.get(entry.name) !== entry;
  }

  /** Forgets a tenant, closes its client, and gives its place to the next. */
  #remove(entry: Entry<T>): void {
    if (!this.#isForgotten(entry)) this.#entries.delete(entry.name);
    this.#idle.delete(entry);
    const { opened, hasPlace } = entry;
    entry.opened = undefined;
    entry.hasPlace = false;
    if (opened !== undefined) closeQuietly(opened.client);
    if (hasPlace) this.#places.giveBack();
    if (this.#entries.size === 0) this.#onDrained?.();
  }

  /** One timer for all: the one that was idle for longest tells when to look again. */
  #sweepLater(): void {
    const [longest] = this.#idle;
    if (longest === undefined || this.#sweep !== undefined || !Number.isFinite(this.#options.idleMs)) return;
    const dueIn = longest.idleSince + this.#options.idleMs - performance.now();
    this.#sweep = setTimeout(
      () => {
        this.#sweep = undefined;
        this.#closeExpired();
        this.#sweepLater();
      },
      Math.min(Math.max(1, dueIn), maxTimerMs),
    );
    // A timer of ours must not keep the process alive.
    this.#sweep.unref();
  }

  #closeExpired(): void {
    const expired = performance.now() - this.#options.idleMs;
    for (const entry of this.#idle) {
      if (entry.idleSince > expired) return;
      this.#remove(entry);
    }
  }
}

function closedError(): LitefleetError {
  return new LitefleetError("The fleet is closed", "CLIENT_CLOSED");
}

/** One that cannot be closed must not keep the others from it. */
function closeQuietly(client: Client): void {
  try {
    client.close();
  } catch {
    // The next opening, if it cannot stand beside it, says so.
  }
}
