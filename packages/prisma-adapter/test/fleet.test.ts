import { copyFileSync, existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient, createFleet } from "@litefleet/driver";
import type { Fleet, FleetTenant, LocalEngineName } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqlDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { fleetPrisma, withConcurrentTransactions, withVectors } from "@litefleet/prisma-adapter";
import type { PrismaClientClass } from "@litefleet/prisma-adapter";
import { makeTables } from "./support/databases.ts";
import { extend } from "./support/extend.ts";
import { errorOf } from "./support/prisma-client.ts";
import type { TestClient } from "./support/prisma-client.ts";

interface Tenant extends FleetTenant {
  readonly plan: string;
}

type TestClientClass = new (options: { readonly adapter: SqlDriverAdapterFactory }) => TestClient;

/** Prisma clients that were made, and how often each was disconnected. */
let made: { readonly client: WeakRef<object>; disconnects: number }[] = [];
let PrismaClient: TestClientClass;
let folder: string;
let template: string;

beforeAll(async () => {
  const generated = (await import(inject("prismaClientUrl"))) as { PrismaClient: TestClientClass };
  PrismaClient = new Proxy(generated.PrismaClient, {
    construct(target, [options]: ConstructorParameters<TestClientClass>) {
      const client = new target(options);
      const own = { client: new WeakRef<object>(client), disconnects: 0 };
      const disconnect = client.$disconnect.bind(client);
      client.$disconnect = async () => {
        own.disconnects += 1;
        await disconnect();
      };
      made.push(own);
      return client;
    },
  });
  folder = await mkdtemp(join(tmpdir(), "litefleet-prisma-fleet-"));
  template = join(folder, "template.db");
  await using client = createClient({ url: `file:${template}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await makeTables(client);
});

beforeEach(() => {
  made = [];
});

afterAll(() => rm(folder, { recursive: true, force: true }));

let fleets = 0;

/** A fleet of files of its own, each a copy of one with the tables. */
function openFleet(options: { readonly engine?: LocalEngineName; readonly maxOpen?: number } = {}) {
  fleets += 1;
  const own = fleets;
  return createFleet<Tenant>({
    tenants: (name) => {
      if (name === "nobody") return undefined;
      const file = join(folder, `${own}-${name}.db`);
      // Turso takes no AUTOINCREMENT table of another SQLite.
      if (options.engine !== "turso" && !existsSync(file)) copyFileSync(template, file);
      return { url: `file:${file}`, engine: options.engine, plan: name === "acme" ? "paid" : "free" };
    },
    maxOpen: options.maxOpen ?? 2,
    async onOpen(client) {
      const { rows } = await client.execute("SELECT 1 FROM sqlite_schema WHERE lower(name) = 'tag'");
      if (rows.length === 0) await makeTables(client);
    },
  });
}

const names = async (prisma: TestClient) =>
  (await prisma.tag.findMany({ orderBy: { name: "asc" } })).map((tag) => tag.name);
const disconnected = () => made.filter(({ disconnects }) => disconnects > 0).length;

describe.each(["libsql", "sqlite", "turso"] as const)("fleetPrisma on %s", (engine) => {
  test("gives each tenant's database, which outlives its eviction", async () => {
    await using fleet = openFleet({ engine, maxOpen: 1 });
    await using tenants = fleetPrisma(fleet, PrismaClient);
    const acme = await tenants.for("acme");
    await acme.tag.create({ data: { name: "acme's" } });
    expect(await tenants.for("acme")).toBe(acme);
    expect(await tenants.run("zenith", (prisma) => names(prisma))).toEqual([]);
    await vi.waitFor(() => expect(disconnected()).toBe(1));
    expect(await names(acme)).toEqual(["acme's"]);
    await acme.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: "more" } });
    });
    const counts = await tenants.map(async (prisma, { plan }) => [plan, await prisma.tag.count()], {
      names: ["acme", "zenith"],
    });
    expect(counts).toEqual([
      ["paid", 2],
      ["free", 0],
    ]);
    expect(fleet.status()).toMatchObject({ open: 1, inUse: 0 });
    await vi.waitFor(() => expect(tenants.status()).toEqual({ open: 1, inUse: 0 }));
  });

  test("is never disconnected in a transaction, a run or a query, whatever else goes on", async () => {
    await using fleet = openFleet({ engine, maxOpen: 3 });
    await using tenants = fleetPrisma(fleet, PrismaClient, { maxOpen: 1 });
    const acme = await tenants.for("acme");
    const others = async () => {
      for (const name of ["a", "b", "c"])
        await tenants.run(name, (prisma) => prisma.tag.create({ data: { name } }).catch(() => 0));
      await sleep(20);
    };
    await acme.$transaction(async () => others());
    await acme.$transaction(async (tx) => {
      await tx.tag.create({ data: { name: "one" } });
      await others();
      await tx.$transaction(async (inner) => inner.tag.create({ data: { name: "two" } }));
    });
    const [own] = made;
    expect(own!.disconnects).toBe(0);
    await tenants.run("acme", async (prisma) => {
      await others();
      expect(prisma).toBe(acme);
      await prisma.author.create({ data: { email: "a", books: { create: [{ title: "b" }, { title: "c" }] } } });
    });
    expect(await names(acme)).toEqual(["one", "two"]);
    expect(own!.disconnects).toBe(0);
    await others();
    await vi.waitFor(() => expect(own!.disconnects).toBe(1));
    expect(await acme.author.findMany({ include: { books: true } })).toMatchObject([{ books: [{}, {}] }]);
  });
});

test(
  "hundreds of tenants, few clients: all is written where it belongs, and what is dropped can be collected",
  { timeout: 240_000 },
  async () => {
    const maxOpen = 4;
    await using fleet = openFleet({ engine: "sqlite", maxOpen });
    await using tenants = fleetPrisma(fleet, PrismaClient);
    const all = Array.from({ length: 200 }, (_, i) => `tenant-${i}`);
    let most = 0;
    const write = async (name: string) => {
      const prisma = await tenants.for(name);
      // Nested writes are a transaction of Prisma's own.
      await prisma.author.create({ data: { email: name, name, books: { create: { title: "nested" } } } });
      await prisma.tag.create({ data: { name } });
      most = Math.max(most, tenants.status().open);
    };
    const rest = all.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const name of rest) await write(name);
      }),
    );
    // Eight ask at a time, each for one; beyond those only maxOpen are kept.
    expect(most).toBeLessThanOrEqual(maxOpen + 8);
    await vi.waitFor(() => expect(tenants.status()).toEqual({ open: maxOpen, inUse: 0 }));
    expect(made.length).toBeGreaterThanOrEqual(all.length);
    expect(made.length - disconnected()).toBeLessThanOrEqual(maxOpen);
    collectGarbage();
    await sleep(50);
    collectGarbage();
    expect(made.filter(({ client }) => client.deref() !== undefined).length).toBeLessThan(40);
    const read = await fleet.map(
      async (client) => {
        const { rows } = await client.execute(
          `SELECT (SELECT group_concat("name") FROM "Tag") AS tags, "name", (SELECT count(*) FROM "Book") AS books FROM "Author"`,
        );
        return rows.map((row) => [row["tags"], row["name"], row["books"]]);
      },
      { names: all },
    );
    expect(read).toEqual(all.map((name) => [[name, name, 1]]));
  },
);

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}

test("idle ones are disconnected after a while", async () => {
  await using fleet = openFleet();
  await using tenants = fleetPrisma(fleet, PrismaClient, { idleMs: 50, maxOpen: 10 });
  const acme = await tenants.for("acme");
  await acme.$transaction(async (tx) => {
    await sleep(200);
    await tx.tag.create({ data: { name: "slow" } });
  });
  expect(disconnected()).toBe(0);
  await vi.waitFor(() => expect(tenants.status()).toEqual({ open: 0, inUse: 0 }));
  expect(disconnected()).toBe(1);
  expect(await names(acme)).toEqual(["slow"]);
});

test("$disconnect of one who shares it, and close(), end nobody's transaction", async () => {
  await using fleet = openFleet();
  const tenants = fleetPrisma(fleet, PrismaClient);
  const acme = await tenants.for("acme");
  await acme.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: "kept" } });
    await (await tenants.for("acme")).$disconnect();
    await tenants.close();
    await tx.tag.create({ data: { name: "kept too" } });
  });
  await vi.waitFor(() => expect([disconnected(), tenants.status().open]).toEqual([1, 0]));
  expect(await names(acme)).toEqual(["kept", "kept too"]);
  await vi.waitFor(() => expect(tenants.status().open).toBe(0));
  expect(fleet.status().closed).toBe(false);
});

test("a fleet that is being closed still serves the runs that are under way, and nobody else", async () => {
  const fleet = openFleet();
  const tenants = fleetPrisma(fleet, PrismaClient);
  const acme = await tenants.for("acme");
  let closing: Promise<void> | undefined;
  const inside = await tenants.run("acme", async (prisma) => {
    closing = fleet.close();
    await prisma.$transaction(async (tx) => tx.tag.create({ data: { name: "last" } }));
    return names(prisma);
  });
  await closing;
  expect(inside).toEqual(["last"]);
  expect((await errorOf(names(acme))).code).toBe("P1017");
  await expect(tenants.for("acme")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  await tenants.close();
});

test("extensions and options are for every tenant", async () => {
  await using fleet = openFleet();
  type Vectors = TestClient & {
    article: {
      nearest(args: object): Promise<{ title: string; distance: number }[]>;
      setVector(id: number, vector: number[]): Promise<void>;
      create(args: object): Promise<{ id: number }>;
    };
  };
  await using tenants = fleetPrisma(
    fleet,
    ({ adapter }) =>
      extend<Vectors>(
        extend(new PrismaClient({ adapter }), withVectors({ article: "embedding" })),
        withConcurrentTransactions(),
      ),
    { timestampFormat: "unixepoch-ms", transactionMode: "deferred" },
  );
  for (const name of ["acme", "zenith", "acme"]) {
    const prisma = await tenants.for(name);
    await prisma.$transaction(async (tx) => {
      const { id } = await (tx as Vectors).article.create({ data: { title: name, language: "en", at: new Date(5) } });
      await (tx as Vectors).article.setVector(id, [1, 2, 3]);
    });
  }
  const near = await tenants.map((prisma) => prisma.article.nearest({ vector: [1, 2, 3], select: { title: true } }), {
    names: ["acme", "zenith"],
  });
  expect(near.map((rows) => rows.map(({ title }) => title))).toEqual([["acme", "acme"], ["zenith"]]);
  expect(
    await tenants.run("acme", (prisma) =>
      prisma.$queryRawUnsafe(`SELECT typeof("at") AS t FROM "all articles" LIMIT 1`),
    ),
  ).toEqual([{ t: "integer" }]);
});

test("namespaces of a server", async () => {
  await using server = await startSqld({ namespaces: true });
  await using fleet = createFleet({
    tenants: (name) => server.clientConfig(name),
    maxOpen: 2,
    onOpen: (client) => client.execute('CREATE TABLE IF NOT EXISTS "Tag" ("name" TEXT NOT NULL PRIMARY KEY)'),
  });
  await using tenants = fleetPrisma(fleet, PrismaClient);
  const all = ["one", "two", "three"];
  for (const name of all) await server.createNamespace(name);
  await tenants.map((prisma, { name }) => prisma.tag.create({ data: { name } }), { names: all });
  expect(await tenants.map((prisma) => names(prisma), { names: all })).toEqual([["one"], ["two"], ["three"]]);
});

test("Prisma's own options are passed on", async () => {
  await using fleet = openFleet();
  const { PrismaClient: Generated } = (await import(inject("prismaClientUrl"))) as {
    PrismaClient: new (options: { readonly adapter: SqlDriverAdapterFactory; readonly omit?: object }) => TestClient;
  };
  await using tenants = fleetPrisma(fleet, Generated, { omit: { author: { name: true } } });
  const author = await tenants.run("acme", (prisma) => prisma.author.create({ data: { email: "a", name: "A" } }));
  expect(author).toEqual({ id: 1, email: "a" });
});

test("what cannot be is refused", async () => {
  const fleet = openFleet();
  expect(() => fleetPrisma({} as unknown as Fleet, PrismaClient)).toThrow(TypeError);
  expect(() => fleetPrisma(fleet, {} as PrismaClientClass)).toThrow(TypeError);
  expect(() => fleetPrisma(fleet, PrismaClient, { maxOpen: 0 })).toThrow(RangeError);
  expect(() => fleetPrisma(fleet, PrismaClient, { idleMs: -1 })).toThrow(RangeError);
  expect(() => fleetPrisma(fleet, PrismaClient, { transactionMode: "exclusive" as "deferred" })).toThrow(RangeError);
  const tenants = fleetPrisma(fleet, PrismaClient);
  await expect(tenants.for("../acme")).rejects.toMatchObject({ code: "TENANT_INVALID" });
  await expect(tenants.for("nobody")).rejects.toMatchObject({ code: "TENANT_UNKNOWN" });
  await expect(tenants.map(async () => 1)).rejects.toBeInstanceOf(TypeError);
  expect(made).toEqual([]);
});
