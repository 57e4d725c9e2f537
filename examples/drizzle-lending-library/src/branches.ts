import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createFleet } from "@litefleet/driver";
import type { Fleet } from "@litefleet/driver";
import { type DrizzleFleet, fleetDrizzle } from "@litefleet/drizzle-adapter";
import { migrate } from "@litefleet/drizzle-adapter/migrator";
import * as schema from "./schema.ts";

/** The databases of the branches, of which at most two are open at once. Close the fleet at the end. */
export async function openBranches(
  folder: string,
): Promise<{ readonly fleet: Fleet; readonly branches: DrizzleFleet<typeof schema> }> {
  await mkdir(folder, { recursive: true });
  const fleet = createFleet({
    tenants: (name) => ({ url: `file:${join(folder, `${name}.db`)}` }),
    maxOpen: 2,
    onOpen: async (client) => {
      await migrate({ $client: client }, { migrationsFolder: new URL("../drizzle", import.meta.url) });
    },
  });
  return { fleet, branches: fleetDrizzle(fleet, { schema }) };
}
