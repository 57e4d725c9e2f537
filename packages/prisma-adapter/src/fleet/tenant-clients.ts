import type { Client } from "@litefleet/driver";
import type { PrismaLitefleetOptions } from "../options.ts";
import { CountedPrismaLitefleet } from "./counted-adapter.ts";
import { switchableClient } from "./switchable-client.ts";

/** The longest time that a timer takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** A turn of the event loop: what goes on at once has come to its end before it. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What is needed of a Prisma client. */
export interface Disconnectable {
  $disconnect(): Promise<void>;
}

/** What {@link TenantClients} takes. */
export interface TenantClientsOptions<T extends Disconnectable> {
  /** Makes a Prisma client. Its `$disconnect` is replaced: it is shared. */
  readonly create: (adapter: CountedPrismaLitefleet) => T;
  readonly adapter: PrismaLitefleetOptions;
  readonly maxOpen: number;
  readonly idleMs: number;
}

/** A tenant's Prisma client. */
interface Entry<T> {
  readonly name: string;
  readonly prisma: T;
  readonly switchTo: (client: Client) => () => void;
  readonly disconnect: () => Promise<void>;
  uses: number;
  idleSince: number;
}

/** A moment's view of {@link TenantClients}. */
export interface TenantClientsStatus {
  /** Prisma clients that are kept, connected if they have been used. */
  readonly open: number;
  /** Those of them with queries, transactions or `run()` calls under way. */
  readonly inUse: number;
}

/**
 * The Prisma clients of tenants: made when asked for, shared, and disconnected and forgotten when there are more than `maxOpen` or one was idle
 * for `idleMs`, and never while in use. One that somebody still holds connects again by itself when it is used, and counts again.
 */
export class TenantClients<T extends Disconnectable> {
  readonly #options: TenantClientsOptions<T>;
  readonly #byName = new Map<string, Entry<T>>();
  /** The one that was used longest ago first. */
  readonly #open = new Set<Entry<T>>();
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #shrinking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: TenantClientsOptions<T>) {
    this.#options = options;
  }

  get status(): TenantClientsStatus {
    const inUse = [...this.#open].filter(({ uses }) => uses > 0).length;
    return { open: this.#open.size, inUse };
  }

  /**
   * The Prisma client of a tenant.
   *
   * @param client the tenant's, of the fleet.
   */
  async get(name: string, client: Client): Promise<T> {
    return (await this.#entry(name, client)).prisma;
  }

  /** Runs `work` with the Prisma client of a tenant, over `client`, the fleet's for this time; it stays connected meanwhile. */
  async run<R>(name: string, client: Client, work: (prisma: T) => Promise<R> | R): Promise<R> {
    const entry = await this.#entry(name, client);
    const switchBack = entry.switchTo(client);
    this.#enter(entry);
    try {
      return await work(entry.prisma);
    } finally {
      switchBack();
      this.#leave(entry);
    }
  }

  /** Disconnects what is idle, and the rest as it becomes so; what is used again after that is disconnected at once when idle. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweep);
    this.#sweep = undefined;
    await this.#shrinkTo(0);
  }

  async #entry(name: string, client: Client): Promise<Entry<T>> {
    // Another one is made only where there is room, unless all are in use.
    while (!this.#byName.has(name) && this.#open.size >= this.#options.maxOpen && this.#hasIdle) {
      await this.#shrinkTo(this.#options.maxOpen - 1);
    }
    const entry = this.#byName.get(name) ?? this.#create(name, client);
    // Asked for is as good as used: it goes last.
    this.#putLast(entry);
    return entry;
  }

  #create(name: string, base: Client): Entry<T> {
    const { client, switchTo } = switchableClient(base);
    const observer = {
      connected: () => this.#putLast(entry),
      entered: () => this.#enter(entry),
      left: () => this.#leave(entry),
    };
    const prisma = this.#options.create(new CountedPrismaLitefleet(client, this.#options.adapter, observer));
    const disconnect = prisma.$disconnect.bind(prisma);
    // Somebody who is done with it must not end the transactions of the others.
    prisma.$disconnect = async () => {};
    const entry: Entry<T> = { name, prisma, switchTo, disconnect, uses: 0, idleSince: performance.now() };
    return entry;
  }

  /** It is kept now, if it was not: whoever holds one that was forgotten may use it again. */
  #putLast(entry: Entry<T>): void {
    entry.idleSince = performance.now();
    this.#open.delete(entry);
    this.#open.add(entry);
    if (!this.#byName.has(entry.name)) this.#byName.set(entry.name, entry);
    this.#shrinkSoon();
    this.#sweepLater();
  }

  #enter(entry: Entry<T>): void {
    entry.uses += 1;
    this.#putLast(entry);
  }

  #leave(entry: Entry<T>): void {
    entry.uses -= 1;
    entry.idleSince = performance.now();
    if (entry.uses > 0) return;
    this.#shrinkSoon();
    this.#sweepLater();
  }

  get #hasIdle(): boolean {
    return [...this.#open].some(({ uses }) => uses === 0);
  }

  #shrinkSoon(): void {
    const limit = this.#isClosed ? 0 : this.#options.maxOpen;
    if (this.#open.size > limit) void this.#shrinkTo(limit);
  }

  /**
   * Disconnects those that are idle until no more than `limit` are left, in a turn of the event loop of its own: a call of Prisma's goes
   * from one query to the next, and from the caller to its first query, within a turn, so that what is not in use then is idle.
   */
  #shrinkTo(limit: number): Promise<void> {
    this.#shrinking ??= nextTurn().then(async () => {
      this.#shrinking = undefined;
      const idle = [...this.#open].filter(({ uses }) => uses === 0);
      const evicted = idle.slice(0, Math.max(0, this.#open.size - limit));
      await Promise.all(evicted.map((entry) => this.#evict(entry)));
    });
    return this.#shrinking;
  }

  async #evict(entry: Entry<T>): Promise<void> {
    this.#forget(entry);
    // One that cannot be disconnected must not keep the others from it, and nobody waits for it.
    await entry.disconnect().catch(() => undefined);
  }

  #forget(entry: Entry<T>): void {
    this.#open.delete(entry);
    if (this.#byName.get(entry.name) === entry) this.#byName.delete(entry.name);
  }

  /** One timer for all: the one that was used longest ago tells when to look again. */
  #sweepLater(): void {
    const { idleMs } = this.#options;
    const [longest] = this.#open;
    if (longest === undefined || this.#sweep !== undefined || !Number.isFinite(idleMs) || this.#isClosed) return;
    const dueIn = longest.idleSince + idleMs - performance.now();
    this.#sweep = setTimeout(
      () => {
        this.#sweep = undefined;
        const expired = performance.now() - idleMs;
        for (const entry of this.#open) if (entry.uses === 0 && entry.idleSince <= expired) void this.#evict(entry);
        this.#sweepLater();
      },
      Math.min(Math.max(1, dueIn, longest.uses > 0 ? idleMs : 0), maxTimerMs),
    );
    // A timer of ours must not keep the process alive.
    this.#sweep.unref();
  }
}
