import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFleet, type FleetTenant } from "@litefleet/driver";
import { drizzle as drizzleV1, fleetDrizzle as fleetDrizzleV1 } from "@litefleet/drizzle-adapter/v1";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { drizzle, fleetDrizzle } from "../src/index.ts";
import { MemoryCache } from "./memory-cache.ts";
import * as schema from "./schema.ts";
import { users } from "./schema.ts";
import { relations, users as usersV1 } from "./v1/schema.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "litefleet-drizzle-fleet-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Customer extends FleetTenant {
  readonly plan: string;
}

function openFleet() {
  return createFleet<Customer>({
    tenants: (name) => ({ url: `file:${join(folder, `${name}.db`)}`, plan: name === "acme" ? "paid" : "free" }),
    maxOpen: 1,
    async onOpen(client) {
      const db = drizzle(client);
      for (const statement of schema.ddl)
        await db.run(db.$internals.toQuery(statement).sql.replace("create table", "create table if not exists"));
    },
  });
}

describe("fleetDrizzle", () => {
  test("gives each tenant's database, typed by the schema, which outlives its eviction", async () => {
    await using fleet = openFleet();
    const tenants = fleetDrizzle(fleet, { schema });
    const acme = await tenants.for("acme");
    await acme.insert(users).values({ name: "Ada" });
    const byId = acme.select().from(users).where(eq(users.id, 1)).prepare();
    expect((await byId.get())?.name).toBe("Ada");
    expect(await tenants.run("zenith", (db) => db.query.users.findMany({ with: { posts: true } }))).toEqual([]);
    expect((await byId.get())?.name).toBe("Ada");
    const first = await acme.query.users.findFirst({ with: { posts: true } });
    expectTypeOf(first!.posts).toEqualTypeOf<{ id: number; title: string; userId: number }[]>();
    await acme.transaction(async (tx) => tx.insert(users).values({ name: "Bob" }));
    const counts = await tenants.map(async (db, { plan }) => [plan, await db.$count(users)], {
      names: ["acme", "zenith"],
    });
    expect(counts).toEqual([
      ["paid", 2],
      ["free", 0],
    ]);
    expect(fleet.status()).toMatchObject({ open: 1, inUse: 0 });
    await expect(tenants.for("../acme")).rejects.toMatchObject({ code: "TENANT_INVALID" });
  });

  test("does so for Drizzle 1.0", async () => {
    await using fleet = openFleet();
    const tenants = fleetDrizzleV1(fleet, { relations });
    const acme = await tenants.for("acme");
    await acme.insert(usersV1).values({ name: "Ada" });
    await tenants.run("zenith", (db) => db.insert(usersV1).values({ name: "Zoe" }));
    expect(await acme.query.users.findMany({ columns: { name: true }, with: { posts: true } })).toEqual([
      { name: "Ada", posts: [] },
    ]);
    expect(drizzleV1).toBeTypeOf("function");
  });

  test("refuses a cache, which would mix tenants, and what is no fleet", () => {
    const fleet = openFleet();
    // @ts-expect-error no cache
    expect(() => fleetDrizzle(fleet, { schema, cache: new MemoryCache() })).toThrow(TypeError);
    // @ts-expect-error no fleet
    expect(() => fleetDrizzle({})).toThrow(TypeError);
  });
});
