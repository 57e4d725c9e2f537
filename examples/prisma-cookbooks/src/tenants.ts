import { join } from "node:path";
import { createFleet } from "@litefleet/driver";
import type { Fleet } from "@litefleet/driver";
import { ensureMigrated } from "@litefleet/migrate";
import { fleetPrisma, withConcurrentTransactions, withVectors } from "@litefleet/prisma-adapter";
import type { PrismaFleet, PrismaLitefleet } from "@litefleet/prisma-adapter";
import { PrismaClient } from "../.cache/generated/client.ts";

const migrations = new URL("../prisma/migrations/", import.meta.url);

/** The client of one cook's database. */
export type Cookbook = ReturnType<typeof openCookbook>;

function openCookbook({ adapter }: { readonly adapter: PrismaLitefleet }) {
  return new PrismaClient({ adapter })
    .$extends(withVectors({ recipe: "taste" }))
    .$extends(withConcurrentTransactions());
}

/** The cooks' databases in `folder`: each is brought up to date by Prisma's migrations when it is opened, and two are open at most. */
export function openCookbooks(folder: string): { readonly fleet: Fleet; readonly cookbooks: PrismaFleet<Cookbook> } {
  const fleet = createFleet({
    tenants: (name) => ({ url: `file:${join(folder, `${name}.db`)}` }),
    maxOpen: 2,
    onOpen: ensureMigrated({ dir: migrations }),
  });
  return { fleet, cookbooks: fleetPrisma(fleet, openCookbook) };
}
