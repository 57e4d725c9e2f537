import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { City } from "./cities.ts";
import type { Stage } from "./stage.ts";

/** What the steps share. */
export interface World {
  readonly stage: Stage;
  /** Where the databases lie. */
  readonly folder: string;
  readonly cities: ReadonlyMap<string, readonly City[]>;
  /** The country that single-tenant steps use. */
  readonly home: string;
}

/** The folder of migrations that drizzle-kit wrote from `schema.ts`. */
export const migrationsFolder = fileURLToPath(new URL("../drizzle/", import.meta.url));

/** The database file of a country. */
export function fileOf(world: World, country: string): string {
  return join(world.folder, "tenants", `${country}.db`);
}

/** The fleet: one tenant a country. */
export function tenantsOf(world: World): { name: string; url: string }[] {
  return [...world.cities.keys()].sort().map((country) => ({ name: country, url: `file:${fileOf(world, country)}` }));
}
