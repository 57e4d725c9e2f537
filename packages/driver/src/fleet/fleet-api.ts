import type { Client, WaitForOptions } from "../api.ts";
import type { Config } from "../config.ts";

/**
 * One database of a fleet: its name and how it is opened. What else it holds (a plan, a region) is handed to `open`, `onOpen` and
 * the callbacks.
 *
 * @example { name: "acme", url: "file:tenants/acme.db" }
 */
export interface FleetTenant extends Config {
  /** Unique in the fleet. */
  readonly name: string;
}

/**
 * Where the tenants of a fleet come from: a list, or a function from a name to a tenant (with or without its name), and to `undefined`
 * for a name that nobody has. The function is asked at every opening, and only for names of letters, digits, `_`, `-` and `.`, so that
 * a name can stand in a path or a URL.
 */
export type FleetTenants<T extends FleetTenant = FleetTenant> =
  | readonly T[]
  | ((name: string) => TenantAnswer<T> | Promise<TenantAnswer<T>>);

/** What a function from a name to a tenant may answer. */
export type TenantAnswer<T extends FleetTenant> = T | (Omit<T, "name"> & { readonly name?: string }) | undefined;

/** What {@link createFleet} takes. */
export interface FleetOptions<T extends FleetTenant = FleetTenant> {
  readonly tenants: FleetTenants<T>;
  /** Opens a tenant's database. Default: `createClient(tenant)`. */
  readonly open?: (tenant: T) => Client | Promise<Client>;
  /** The most clients that are open at once. Default 100. */
  readonly maxOpen?: number;
  /** Milliseconds after which an idle client is closed; `Infinity` for never. Default 60,000. */
  readonly idleMs?: number;
  /**
   * Runs after each opening, before anybody uses the client: a place for migrations and pragmas. If it rejects, so do the calls that
   * waited for it; the client is closed, and the next call tries again.
   */
  readonly onOpen?: (client: Client, tenant: T) => unknown;
}

/** Options of {@link Fleet.map}. */
export interface FleetMapOptions extends WaitForTenantOptions {
  /** Tenants under way at once, 1 to {@link FleetOptions.maxOpen}. Default 8. */
  readonly concurrency?: number;
  /** Which tenants, in which order. Default: all of the list; needed where `tenants` is a function, which knows no list. */
  readonly names?: Iterable<string>;
}

/** How long a call may wait for a tenant to be opened. */
export interface WaitForTenantOptions extends WaitForOptions {
  /** Milliseconds until the call gives up with `TIMEOUT`. Default 30,000. */
  readonly timeoutMs?: number;
}

/** A moment's view of a fleet. */
export interface FleetStatus {
  readonly closed: boolean;
  /** Clients that are open or being opened. */
  readonly open: number;
  /** Those of them that are in use. */
  readonly inUse: number;
  /** Tenants that wait until another one may be closed. */
  readonly waiting: number;
}

/**
 * The databases of many tenants behind a bounded number of clients. Each is opened when it is first used and shared by all who use
 * it; when `maxOpen` are open, the one that was idle for longest is closed for the next, and never one that is in use.
 */
export interface Fleet<T extends FleetTenant = FleetTenant> extends AsyncDisposable {
  /**
   * The client of a tenant, opened. It may be kept for as long as the fleet: it takes part in the sharing with each call, so if its
   * database was closed meanwhile, the next call opens it again. Its `close()` ends this one client and leaves the database to the others.
   * An open transaction or iteration counts as use.
   *
   * @throws {LitefleetError} `TENANT_INVALID` for a name that cannot be one, `TENANT_UNKNOWN` for one that nobody has, `TIMEOUT` if all
   *   `maxOpen` stay in use, `CLIENT_CLOSED` after `close()`, and what opening throws.
   */
  client(name: string, options?: WaitForTenantOptions): Promise<Client>;
  /** Runs `work` with the client of a tenant, which stays open until it has settled. Rejects as `work` does, and as {@link client}. */
  run<R>(name: string, work: (client: Client, tenant: T) => Promise<R> | R, options?: WaitForTenantOptions): Promise<R>;
  /**
   * Runs `work` once for each tenant, and answers with the results in the order of the names. All are run, also after a failure.
   *
   * @throws {FleetError} if any failed; it has the failures by name, and the results of the others.
   */
  map<R>(work: (client: Client, tenant: T) => Promise<R> | R, options?: FleetMapOptions): Promise<R[]>;
  status(): FleetStatus;
  /** As it was given to {@link createFleet}, or its default. */
  readonly maxOpen: number;
  /** As it was given to {@link createFleet}, or its default. */
  readonly idleMs: number;
  /**
   * Takes no more calls, waits for those under way, and closes every client. What is still in use after `timeoutMs` (default 10,000) is
   * closed nevertheless, and its calls reject with `CLIENT_CLOSED`.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
