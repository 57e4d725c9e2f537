import type { Client, Fleet, FleetTenant } from "@litefleet/driver";
import type { AnyRelations, EmptyRelations } from "drizzle-orm-v1";
import type { DrizzleSQLiteConfig } from "drizzle-orm-v1/sqlite-core";
import { type TenantDatabases, tenantDatabases } from "../tenant-databases.ts";
import type { LitefleetDatabase } from "./database.ts";
import { databaseFactory } from "./drizzle.ts";

/** The databases of a fleet as Drizzle's; made by {@link fleetDrizzle}. */
export type DrizzleFleet<
  TRelations extends AnyRelations = EmptyRelations,
  TTenant extends FleetTenant = FleetTenant,
> = TenantDatabases<LitefleetDatabase<TRelations> & { $client: Client }, TTenant>;

/**
 * Drizzle 1.0 for the databases of many tenants, over the clients of a fleet.
 *
 * @param fleet made by `createFleet` of `@litefleet/driver`; the caller closes it.
 * @param config Drizzle's options, the same for every tenant. No `cache`: its keys are SQL, which is the same for all tenants.
 * @throws {TypeError} if it is something else, or `config` has a cache.
 * @example
 * ```ts
 * const fleet = createFleet({ tenants: (name) => ({ url: `file:tenants/${name}.db` }) });
 * const tenants = fleetDrizzle(fleet, { relations });
 * const db = await tenants.for("acme");
 * const users = await db.query.users.findMany();
 * ```
 */
export function fleetDrizzle<
  TRelations extends AnyRelations = EmptyRelations,
  TTenant extends FleetTenant = FleetTenant,
>(fleet: Fleet<TTenant>, config?: Omit<DrizzleSQLiteConfig<TRelations>, "cache">): DrizzleFleet<TRelations, TTenant> {
  const toDatabase = databaseFactory<TRelations>(config);
  return tenantDatabases(fleet, config, (client) => Object.assign(toDatabase(client, false), { $client: client }));
}
