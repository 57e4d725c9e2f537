import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFleet, FleetError } from "@litefleet/driver";
import type { Fleet } from "@litefleet/driver";
import { CamelCasePlugin, sql } from "kysely";
import type { Generated, Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { concurrent, fleetKysely, nearest, vectorColumn } from "../src/index.ts";
import type { KyselyFleet } from "../src/index.ts";

interface Notes {
  notes: { id: Generated<number>; text: string };
}

interface Tenant {
  readonly name: string;
  readonly url: string;
  readonly plan: string;
}

describe("fleetKysely", () => {
  let folder: string;
  let fleet: Fleet<Tenant>;
  let tenants: KyselyFleet<Notes, Tenant>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "litefleet-kysely-fleet-"));
    fleet = createFleet({
      tenants: ["acme", "bolt", "core"].map((name) => ({
        name,
        url: `file:${join(folder, `${name}.db`)}`,
        plan: name === "acme" ? "large" : "small",
      })),
      maxOpen: 2,
      onOpen: (client) => client.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT)"),
    });
    tenants = fleetKysely<Notes, Tenant>(fleet);
  });

  afterEach(async () => {
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives each tenant its own database, also once that was closed meanwhile", async () => {
    // The kind of tenant need not be named.
    const acme = await fleetKysely<Notes>(fleet).for("acme");
    expectTypeOf(acme).toEqualTypeOf<Kysely<Notes>>();
    await acme.insertInto("notes").values({ text: "acme's" }).execute();
    for (const name of ["bolt", "core"]) {
      const db = await tenants.for(name);
      await concurrent(db, (trx) =>
        trx
          .insertInto("notes")
          .values({ text: `${name}'s` })
          .execute(),
      );
    }
    expect(fleet.status().open).toBe(2);
    expect(await acme.selectFrom("notes").select("text").execute()).toEqual([{ text: "acme's" }]);
    const streamed = await Array.fromAsync(acme.selectFrom("notes").select("text").stream());
    expect(streamed).toEqual([{ text: "acme's" }]);
    expect(fleet.status().inUse).toBe(0);
  });

  it("leaves the database open for others when an instance is destroyed", async () => {
    const first = await tenants.for("acme");
    const second = await tenants.for("acme");
    await first.destroy();
    await second.insertInto("notes").values({ text: "still here" }).execute();
    expect(await second.selectFrom("notes").select("text").execute()).toEqual([{ text: "still here" }]);
  });

  it("runs work for one tenant, and for all", async () => {
    const plan = await tenants.run("acme", async (db, tenant) => {
      await db.insertInto("notes").values({ text: tenant.plan }).execute();
      return tenant.plan;
    });
    expect(plan).toBe("large");
    const counts = await tenants.map(async (db) => {
      const { n } = await db
        .selectFrom("notes")
        .select((eb) => eb.fn.countAll<number>().as("n"))
        .executeTakeFirstOrThrow();
      return n;
    });
    expect(counts).toEqual([1, 0, 0]);
    const failing = tenants.map(async (db, { name }) => {
      if (name === "bolt") await sql`select * from missing`.execute(db);
      return name;
    });
    await expect(failing).rejects.toBeInstanceOf(FleetError);
  });

  it("has the options for every tenant", async () => {
    const exact = fleetKysely<{ notes: { noteId: bigint } }, Tenant>(fleet, {
      intMode: "bigint",
      plugins: [new CamelCasePlugin()],
    });
    const rows = await exact.run("acme", (db) => sql`select 7 as note_id`.execute(db));
    expect(rows.rows).toEqual([{ noteId: 7n }]);
  });

  it("finds a tenant's nearest rows", async () => {
    const db = (await tenants.for("acme")).$extendTables<{ places: { name: string; position: Uint8Array } }>();
    await db.schema.createTable("places").addColumn("name", "text").addColumn("position", vectorColumn(2)).execute();
    await sql`insert into places values ('here', vector32('[1,0]')), ('there', vector32('[0,1]'))`.execute(db);
    const near = await nearest(db, "places", { column: "position", vector: [1, 0], k: 1 });
    expect(near).toEqual([{ name: "here", distance: 0 }]);
  });

  it("passes the fleet's errors", async () => {
    await expect(tenants.for("nobody")).rejects.toMatchObject({ code: "TENANT_UNKNOWN" });
    await fleet.close();
    await expect(tenants.for("acme")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    // Callers without types write this.
    expect(() => fleetKysely({} as unknown as Fleet)).toThrow(TypeError);
  });
});
