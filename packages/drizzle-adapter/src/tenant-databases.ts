import type { Client, Fleet, FleetMapOptions, FleetTenant, WaitForTenantOptions } from "@litefleet/driver";

/** The databases of a fleet as the ORM's. Opening and closing is the fleet's affair. */
export interface TenantDatabases<TDatabase, TTenant extends FleetTenant = FleetTenant> {
  /**
   * The database of a tenant, opened. It may be kept for as long as the fleet: if the tenant's database was closed meanwhile, the
   * next query opens it again. It need not be closed.
   *
   * @throws {LitefleetError} as `fleet.client()` does: `TENANT_INVALID`, `TENANT_UNKNOWN`, `TIMEOUT`, `CLIENT_CLOSED`.
   */
  for(name: string, options?: WaitForTenantOptions): Promise<TDatabase>;
  /** Runs `work` with the database of a tenant, which stays open until `work` has settled. */
  run<R>(
    name: string,
    work: (db: TDatabase, tenant: TTenant) => Promise<R> | R,
    options?: WaitForTenantOptions,
  ): Promise<R>;
  /**
   * Runs `work` once for each tenant, and answers with the results in the order of the names. All are run, also after a failure.
   *
   * @throws {FleetError} if any failed; it has the failures by name, and the results of the others.
   */
  map<R>(work: (db: TDatabase, tenant: TTenant) => Promise<R> | R, options?: FleetMapOptions): Promise<R[]>;
}

/** @throws {TypeError} for what is no fleet, or a configuration with a cache. */
export function tenantDatabases<TDatabase, TTenant extends FleetTenant>(
  fleet: Fleet<TTenant>,
  config: object | undefined,
  toDatabase: (client: Client) => TDatabase,
): TenantDatabases<TDatabase, TTenant> {
  if (typeof fleet?.client !== "function" || typeof fleet.run !== "function") {
    throw new TypeError("Expected a fleet, made by createFleet of @litefleet/driver");
  }
  if (config !== undefined && "cache" in config && config.cache !== undefined) {
    throw new TypeError("A fleet takes no cache: its keys are SQL, so one tenant would read the rows of another");
  }
  return {
    for: async (name, options) => toDatabase(await fleet.client(name, options)),
    run: (name, work, options) => fleet.run(name, (client, tenant) => work(toDatabase(client), tenant), options),
    map: (work, options) => fleet.map((client, tenant) => work(toDatabase(client), tenant), options),
  };
}
