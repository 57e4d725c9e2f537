import type { Client, Fleet, FleetTenant } from "@litefleet/driver";
import type { DrizzleConfig } from "drizzle-orm";
import type { LitefleetDatabase } from "./database.ts";
import { databaseFactory } from "./drizzle.ts";
import { type TenantDatabases, tenantDatabases } from "./tenant-databases.ts";

/** The databases of a fleet as Drizzle's; made by {@link fleetDrizzle}. */
export type DrizzleFleet<
  TSchema extends Record<string, unknown> = Record<string, never>,
  TTenant extends FleetTenant = FleetTenant,
> = TenantDatabases<LitefleetDatabase<TSchema> & { $client: Client }, TTenant>;

/**
 * Drizzle for the databases of many tenants, over the clients of a fleet.
 *
 * @param fleet made by `createFleet` of `@litefleet/driver`; the caller closes it.
 * @param config Drizzle's options, the same for every tenant. No `cache`: its keys are SQL, which is the same for all tenants.
 * @throws {TypeError} if it is something else, or `config` has a cache.
 * @example
 * ```ts
 * const fleet = createFleet({ tenants: (name) => ({ url: `file:tenants/${name}.db` }) });
 * const tenants = fleetDrizzle(fleet, { schema });
 * const db = await tenants.for("acme");
 * const users = await db.query.users.findMany();
 * ```
 */
export function fleetDrizzle<
  TSchema extends Record<string, unknown> = Record<string, never>,
  TTenant extends FleetTenant = FleetTenant,
>(fleet: Fleet<TTenant>, config?: Omit<DrizzleConfig<TSchema>, "cache">): DrizzleFleet<TSchema, TTenant> {
  const toDatabase = databaseFactory<TSchema>(config);
  return tenantDatabases(fleet, config, (client) => Object.assign(toDatabase(client, false), { $client: client }));
}
