import { migrateFleet } from "@litefleet/migrate";
import { count, seconds } from "../stage.ts";
import { migrationsFolder, tenantsOf } from "../world.ts";
import type { World } from "../world.ts";

/** One database a country, at version 1. */
export async function createTenants(world: World): Promise<void> {
  const { stage } = world;
  const result = await migrateFleet({
    dir: migrationsFolder,
    to: "0000_create_cities",
    tenants: tenantsOf(world),
    onProgress: ({ done, total }) => stage.bar("databases at version 1", done, total),
  });
  const { total, migrated } = result.counts;
  stage.fact("tenants a second", count(Math.round((total / result.durationMs) * 1_000)));
  stage.check(`${count(total)} databases created and migrated`, migrated === total, seconds(result.durationMs));
}
