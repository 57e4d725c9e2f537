import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createFleet } from "@litefleet/driver";
import type { Client, Fleet } from "@litefleet/driver";
import { fleetKysely, LitefleetDialect } from "@litefleet/kysely-dialect";
import type { KyselyFleet } from "@litefleet/kysely-dialect";
import { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import * as agents from "./migrations/002-agents.ts";
import * as tickets from "./migrations/001-tickets.ts";
import type { HelpDesk } from "./schema.ts";

/** The customers' databases, of which at most two are open at once. Close the fleet at the end. */
export async function openTenants(
  folder: string,
): Promise<{ readonly fleet: Fleet; readonly tenants: KyselyFleet<HelpDesk> }> {
  await mkdir(folder, { recursive: true });
  const fleet = createFleet({
    tenants: (name) => ({ url: `file:${join(folder, `${name}.db`)}` }),
    maxOpen: 2,
    onOpen: migrate,
  });
  return { fleet, tenants: fleetKysely<HelpDesk>(fleet) };
}

async function migrate(client: Client): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new LitefleetDialect({ client }) });
  const provider = { getMigrations: async () => ({ "001-tickets": tickets, "002-agents": agents }) };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  // The migrator tells of an error, and does not throw it.
  if (error !== undefined) throw new Error("A customer's database could not be migrated", { cause: error });
}
