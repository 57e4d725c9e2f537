import type { Fleet, FleetMapOptions, FleetTenant, WaitForTenantOptions } from "@litefleet/driver";
import { resolveOptions } from "../options.ts";
import type { PrismaLitefleetOptions } from "../options.ts";
import type { PrismaLitefleet } from "../prisma-litefleet.ts";
import { TenantClients } from "./tenant-clients.ts";
import type { Disconnectable, TenantClientsStatus } from "./tenant-clients.ts";

/** A `PrismaClient` class, as Prisma generates it. */
export type PrismaClientClass<Client extends Disconnectable = Disconnectable> = new (options: never) => Client;

/** Makes the Prisma client of a tenant: for one with extensions. */
export type CreatePrismaClient<Client extends Disconnectable> = (options: {
  readonly adapter: PrismaLitefleet;
}) => Client;

/** Options of {@link fleetPrisma}, the same for every tenant: the adapter's, and how many clients there are. */
export interface PrismaFleetOptions extends PrismaLitefleetOptions {
  /** The most Prisma clients that are kept; those in use count, and are never disconnected. Default: the fleet's `maxOpen`. */
  readonly maxOpen?: number;
  /** Milliseconds after which an idle Prisma client is disconnected; `Infinity` for never. Default: the fleet's `idleMs`. */
  readonly idleMs?: number;
}

/** Options of {@link fleetPrisma} with a class: also Prisma's own, such as `log`, but for those that say which database. */
export type FleetPrismaOptions<Class extends PrismaClientClass> = PrismaFleetOptions &
  (Class extends new (options: infer Options) => unknown ? Omit<Options, "adapter" | "accelerateUrl"> : never);

/** The databases of a fleet as Prisma clients; made by {@link fleetPrisma}. */
export interface PrismaFleet<Client, T extends FleetTenant = FleetTenant> extends AsyncDisposable {
  /**
   * The Prisma client of a tenant, whose database is open. It may be kept for as long as the fleet: if it was disconnected meanwhile, or
   * the tenant's database closed, the next query connects and opens again. It is shared and need not be disconnected; `$disconnect()`
   * leaves it to the others.
   *
   * @throws {LitefleetError} as `fleet.client()` does: `TENANT_INVALID`, `TENANT_UNKNOWN`, `TIMEOUT`, `CLIENT_CLOSED`.
   */
  for(name: string, options?: WaitForTenantOptions): Promise<Client>;
  /** Runs `work` with the Prisma client of a tenant, which stays connected, and its database open, until `work` has settled. */
  run<R>(name: string, work: (prisma: Client, tenant: T) => Promise<R> | R, options?: WaitForTenantOptions): Promise<R>;
  /**
   * Runs `work` once for each tenant, and answers with the results in the order of the names. All are run, also after a failure.
   *
   * @throws {FleetError} if any failed; it has the failures by name, and the results of the others.
   */
  map<R>(work: (prisma: Client, tenant: T) => Promise<R> | R, options?: FleetMapOptions): Promise<R[]>;
  status(): TenantClientsStatus;
  /** Disconnects the Prisma clients, those in use when they no longer are. The fleet stays open: whoever made it closes it. */
  close(): Promise<void>;
}

/**
 * Prisma for the databases of many tenants, over the clients of a fleet. Prisma clients are made when they are asked for, shared by all who
 * ask for the same tenant, and disconnected and dropped (the one that was idle for longest first) when there are more than `maxOpen`, and
 * never while a query, a transaction or a `run()` is under way on them.
 *
 * @param fleet made by `createFleet` of `@litefleet/driver`; the caller closes it.
 * @param PrismaClient the class that Prisma has generated, or a function that makes a client with the adapter that it is given.
 * @throws {TypeError} if one of them is something else; {@link RangeError} for options that cannot be.
 * @example
 * const fleet = createFleet({ tenants: (name) => ({ url: `file:tenants/${name}.db` }), maxOpen: 50 });
 * const tenants = fleetPrisma(fleet, PrismaClient);
 * const prisma = await tenants.for("acme");
 * const users = await prisma.user.findMany();
 * const extended = fleetPrisma(fleet, ({ adapter }) => new PrismaClient({ adapter }).$extends(withVectors()));
 */
export function fleetPrisma<
  Class extends PrismaClientClass,
  Client extends Disconnectable,
  T extends FleetTenant = FleetTenant,
>(
  fleet: Fleet<T>,
  PrismaClient: Class & PrismaClientClass<Client>,
  options?: FleetPrismaOptions<Class>,
): PrismaFleet<Client, T>;
export function fleetPrisma<Client extends Disconnectable, T extends FleetTenant = FleetTenant>(
  fleet: Fleet<T>,
  create: CreatePrismaClient<Client>,
  options?: PrismaFleetOptions,
): PrismaFleet<Client, T>;
export function fleetPrisma<Client extends Disconnectable, T extends FleetTenant>(
  fleet: Fleet<T>,
  PrismaClient: PrismaClientClass<Client> | CreatePrismaClient<Client>,
  options: PrismaFleetOptions = {},
): PrismaFleet<Client, T> {
  if (typeof fleet?.client !== "function" || typeof fleet.run !== "function") {
    throw new TypeError("Expected a fleet, made by createFleet of @litefleet/driver");
  }
  if (typeof PrismaClient !== "function") {
    throw new TypeError("Expected the class PrismaClient that Prisma generates, or a function that makes a client");
  }
  const { maxOpen = fleet.maxOpen, idleMs = fleet.idleMs, timestampFormat, transactionMode, ...prismas } = options;
  const adapter = { timestampFormat, transactionMode };
  resolveOptions(adapter);
  const clients = new TenantClients<Client>({
    create: (own) => {
      const given = { ...prismas, adapter: own };
      // What the class takes stands in its type alone.
      return isClass(PrismaClient) ? new PrismaClient(given as never) : PrismaClient(given);
    },
    adapter,
    maxOpen: checkWhole("maxOpen", maxOpen),
    idleMs: checkDuration("idleMs", idleMs),
  });
  return {
    for: async (name, wait) => clients.get(name, await fleet.client(name, wait)),
    run: (name, work, wait) =>
      fleet.run(name, (client, tenant) => clients.run(name, client, (prisma) => work(prisma, tenant)), wait),
    map: (work, wait) =>
      fleet.map((client, tenant) => clients.run(tenant.name, client, (prisma) => work(prisma, tenant)), wait),
    status: () => clients.status,
    close: () => clients.close(),
    [Symbol.asyncDispose]: () => clients.close(),
  };
}

/** An arrow function has no prototype; another one may be called with `new` and gives the same. */
function isClass<Client extends Disconnectable>(
  value: PrismaClientClass<Client> | CreatePrismaClient<Client>,
): value is PrismaClientClass<Client> {
  return value.prototype !== undefined;
}

function checkWhole(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new RangeError(`Expected ${name} as a whole number from 1 on, got ${String(value)}`);
}

function checkDuration(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError(`Expected ${name} as a number of milliseconds from 0 on, got ${String(value)}`);
}
