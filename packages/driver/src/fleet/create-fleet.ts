import type { Client } from "../api.ts";
import { checkOptions } from "../call-options.ts";
import { createClient } from "../create-client.ts";
import { describeValue } from "../describe-value.ts";
import type { MaybePromise } from "../engine.ts";
import type {
  Fleet,
  FleetMapOptions,
  FleetOptions,
  FleetStatus,
  FleetTenant,
  WaitForTenantOptions,
} from "./fleet-api.ts";
import { FleetClient } from "./fleet-client.ts";
import { FleetError } from "./fleet-error.ts";
import { OpenTenants } from "./open-tenants.ts";
import type { Lease, Patience } from "./open-tenants.ts";
import { createLookup } from "./tenant-lookup.ts";
import type { TenantLookup } from "./tenant-lookup.ts";

const defaultMaxOpen = 100;
const defaultIdleMs = 60_000;
const defaultConcurrency = 8;
const defaultCloseMs = 10_000;

/**
 * Serves the databases of many tenants from one process: each opened when it is first used, shared, and closed again when
 * others need its place or nobody has used it for a while. Opens nothing by itself.
 *
 * @throws {LitefleetError} `TENANT_INVALID` for a list with a fault; {@link TypeError} and {@link RangeError} for options that cannot be.
 * @example
 * const fleet = createFleet({ tenants: (name) => ({ url: `file:tenants/${name}.db` }), maxOpen: 100 });
 * const { rows } = await fleet.run("acme", (client) => client.execute("SELECT * FROM users"));
 * await fleet.close();
 */
export function createFleet<T extends FleetTenant = FleetTenant>(options: FleetOptions<T>): Fleet<T> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected options as an object, got ${describeValue(options)}`);
  }
  return new TenantFleet(options);
}

class TenantFleet<T extends FleetTenant> implements Fleet<T> {
  readonly #lookup: TenantLookup<T>;
  readonly #open: OpenTenants<T>;
  readonly maxOpen: number;
  readonly idleMs: number;

  constructor({ tenants, open = createClient, maxOpen, idleMs, onOpen }: FleetOptions<T>) {
    checkFunction("open", open);
    if (onOpen !== undefined) checkFunction("onOpen", onOpen);
    this.#lookup = createLookup(tenants);
    this.maxOpen = checkWhole("maxOpen", maxOpen ?? defaultMaxOpen);
    this.idleMs = checkDuration("idleMs", idleMs ?? defaultIdleMs);
    this.#open = new OpenTenants({
      maxOpen: this.maxOpen,
      idleMs: this.idleMs,
      find: (name) => this.#lookup.find(name),
      open: async (tenant) => {
        const client = await open(tenant);
        try {
          await onOpen?.(client, tenant);
          return client;
        } catch (error) {
          client.close();
          throw error;
        }
      },
    });
  }

  async client(name: string, options?: WaitForTenantOptions): Promise<Client> {
    const lease = await this.#acquire(name, checkOptions(options));
    try {
      return this.#toClient(name, lease, (patience) => this.#acquire(name, patience));
    } finally {
      lease.release();
    }
  }

  async run<R>(
    name: string,
    work: (client: Client, tenant: T) => Promise<R> | R,
    options?: WaitForTenantOptions,
  ): Promise<R> {
    checkFunction("work", work);
    const lease = await this.#acquire(name, checkOptions(options));
    let isOver = false;
    // Inside it a fleet that is being closed goes on to serve; kept beyond it, the client is one like any other.
    const client = this.#toClient(name, lease, (patience) => (isOver ? this.#acquire(name, patience) : lease.share()));
    try {
      return await work(client, lease.tenant);
    } finally {
      isOver = true;
      lease.release();
    }
  }

  async map<R>(work: (client: Client, tenant: T) => Promise<R> | R, options: FleetMapOptions = {}): Promise<R[]> {
    checkFunction("work", work);
    const { concurrency = Math.min(defaultConcurrency, this.maxOpen), names: given, ...patience } = options;
    checkOptions(patience);
    checkWhole("concurrency", concurrency);
    const names = this.#namesOf(given);
    const results = new Map<string, R>();
    const failures = new Map<string, unknown>();
    const rest = names.values();
    const worker = async (): Promise<void> => {
      for (const name of rest) {
        try {
          results.set(name, await this.run(name, work, patience));
        } catch (error) {
          failures.set(name, error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, this.maxOpen, names.length) }, worker));
    if (failures.size > 0) throw new FleetError(inOrder(failures, names), inOrder(results, names));
    return [...inOrder(results, names).values()];
  }

  status(): FleetStatus {
    const { isClosed: closed, size: open, inUse, waiting } = this.#open;
    return { closed, open, inUse, waiting };
  }

  close({ timeoutMs = defaultCloseMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#open.close(checkDuration("timeoutMs", timeoutMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #acquire(name: string, patience: Patience): MaybePromise<Lease<T>> {
    this.#lookup.checkName(name);
    return this.#open.acquire(name, patience);
  }

  #toClient(name: string, { client }: Lease<T>, acquire: (patience: Patience) => MaybePromise<Lease<T>>): Client {
    const open = this.#open;
    return new FleetClient(
      {
        acquire,
        peek: () => open.peek(name),
        get isFleetClosed() {
          return open.isClosed;
        },
      },
      client,
    );
  }

  #namesOf(given: Iterable<string> | undefined): readonly string[] {
    if (given === undefined) {
      if (this.#lookup.names !== undefined) return this.#lookup.names;
      throw new TypeError("`tenants` is a function and knows no list; give the names as map(work, { names })");
    }
    const names = [...new Set(given)];
    for (const name of names) this.#lookup.checkName(name);
    return names;
  }
}

/** Entries in the order of the names, which is not that in which they were done. */
function inOrder<V>(entries: ReadonlyMap<string, V>, names: readonly string[]): Map<string, V> {
  return new Map(names.filter((name) => entries.has(name)).map((name) => [name, entries.get(name) as V]));
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`Expected ${name} as a function, got ${describeValue(value)}`);
}

function checkWhole(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Expected ${name} as a whole number from 1 on, got ${describeValue(value)}`);
}

function checkDuration(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError(`Expected ${name} as a number of milliseconds from 0 on, got ${describeValue(value)}`);
}
