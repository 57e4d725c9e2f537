import type { Client, Fleet, FleetMapOptions, FleetTenant, IntMode, WaitForTenantOptions } from "@litefleet/driver";
import { Kysely } from "kysely";
import type { KyselyConfig } from "kysely";
import { LitefleetDialect } from "./dialect.ts";

/** Options of {@link fleetKysely}, the same for every tenant. */
export interface FleetKyselyOptions extends Omit<KyselyConfig, "dialect"> {
  /** How integers are read. Default: the client's `intMode`. */
  readonly intMode?: IntMode;
}

/** The databases of a fleet as `Kysely` instances. Opening and closing is the fleet's affair. */
export interface KyselyFleet<DB, T extends FleetTenant = FleetTenant> {
  /**
   * The `Kysely` instance of a tenant, opened. It may be kept for as long as the fleet: if the tenant's database was closed meanwhile, the
   * next query opens it again. It need not be destroyed, and `destroy()` leaves the database to the others.
   *
   * @throws {LitefleetError} as `fleet.client()` does: `TENANT_INVALID`, `TENANT_UNKNOWN`, `TIMEOUT`, `CLIENT_CLOSED`.
   */
  for(name: string, options?: WaitForTenantOptions): Promise<Kysely<DB>>;
  /** Runs `work` with a tenant's `Kysely` instance; its database stays open until `work` has settled. */
  run<R>(name: string, work: (db: Kysely<DB>, tenant: T) => Promise<R> | R, options?: WaitForTenantOptions): Promise<R>;
  /**
   * Runs `work` once for each tenant, and answers with the results in the order of the names. All are run, also after a failure.
   *
   * @throws {FleetError} if any failed; it has the failures by name, and the results of the others.
   */
  map<R>(work: (db: Kysely<DB>, tenant: T) => Promise<R> | R, options?: FleetMapOptions): Promise<R[]>;
}

/**
 * Kysely for the databases of many tenants, over the clients of a fleet.
 *
 * @param fleet made by `createFleet` of `@litefleet/driver`; the caller closes it.
 * @throws {TypeError} if it is something else.
 * @example
 * const fleet = createFleet({ tenants: (name) => ({ url: `file:tenants/${name}.db` }) });
 * const tenants = fleetKysely<Database>(fleet);
 * const db = await tenants.for("acme");
 * const notes = await db.selectFrom("notes").selectAll().execute();
 */
export function fleetKysely<DB, T extends FleetTenant = FleetTenant>(
  fleet: Fleet<T>,
  options: FleetKyselyOptions = {},
): KyselyFleet<DB, T> {
  if (typeof fleet?.client !== "function" || typeof fleet.run !== "function") {
    throw new TypeError("Expected a fleet, made by createFleet of @litefleet/driver");
  }
  const { intMode, ...config } = options;
  const kysely = (client: Client): Kysely<DB> =>
    new Kysely<DB>({ ...config, dialect: new LitefleetDialect({ client, intMode }) });
  return {
    for: async (name, wait) => kysely(await fleet.client(name, wait)),
    run: (name, work, wait) => fleet.run(name, (client, tenant) => work(kysely(client), tenant), wait),
    map: (work, wait) => fleet.map((client, tenant) => work(kysely(client), tenant), wait),
  };
}
