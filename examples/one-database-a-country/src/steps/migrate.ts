import { createClient } from "@litefleet/driver";
import { migrateFleet } from "@litefleet/migrate";
import { districtOf } from "../cities.ts";
import type { City } from "../cities.ts";
import { count, seconds } from "../stage.ts";
import { fileOf, migrationsFolder, tenantsOf } from "../world.ts";
import type { World } from "../world.ts";

/** Version 2 over the fleet: a rebuild of the parent table that cascades into every city, if one is not careful. */
export async function migrateTenants(world: World): Promise<void> {
  const { stage, cities } = world;
  const result = await migrateFleet({
    dir: migrationsFolder,
    tenants: tenantsOf(world),
    onProgress: ({ done, total }) => stage.bar("databases at version 2", done, total),
  });
  const { total, migrated } = result.counts;
  stage.check(`${count(total)} databases migrated`, migrated === total, seconds(result.durationMs));
  let rows = 0;
  for (const [country, list] of cities) rows += await countRows(world, country, list);
  stage.check(`all ${count(rows)} cities are still there, with their districts`, true, "compared tenant by tenant");
  const again = await migrateFleet({ dir: migrationsFolder, tenants: tenantsOf(world) });
  stage.check("running it again changes nothing", again.counts.upToDate === total);
}

async function countRows(world: World, country: string, expected: readonly City[]): Promise<number> {
  const client = createClient({ url: `file:${fileOf(world, country)}` });
  try {
    const { rows } = await client.execute(
      "SELECT (SELECT count(*) FROM countries) AS countries, (SELECT count(*) FROM districts) AS districts, count(*) AS cities, sum(population) AS people FROM cities",
    );
    const found = [rows[0]?.["countries"], rows[0]?.["districts"], rows[0]?.["cities"], rows[0]?.["people"]].join();
    const people = expected.reduce((sum, { population }) => sum + population, 0);
    const wanted = [1, new Set(expected.map(districtOf)).size, expected.length, people].join();
    if (found !== wanted) throw new Error(`${country} has ${found}, but ${wanted} were stored`);
    return expected.length;
  } finally {
    client.close();
  }
}
