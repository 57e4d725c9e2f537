import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { drizzle } from "drizzle-orm/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm/libsql/migrator";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fleetStatus, migrate, migrateFleet, status } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { migrateSuite } from "./migrate-suite.ts";
import { runCli } from "./run-node.ts";
import { countsOf, writeFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let server: SqldServer;
let used = 0;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server?.stop();
});

async function newTenant(): Promise<Tenant> {
  used += 1;
  const name = `tenant${used}`;
  await server.createNamespace(name);
  return { name, ...server.clientConfig(name) };
}

async function open(): Promise<Client> {
  const { name: _, ...config } = await newTenant();
  const client = createClient(config);
  clients.push(client);
  return client;
}

migrateSuite({ name: "sqld over http", open, keysOffInTransaction: "ignored", setsPragmas: false });

describe("a fleet on one server", () => {
  test("goes namespace by namespace", async () => {
    const tenants = await Promise.all(Array.from({ length: 20 }, newTenant));
    const { counts } = await migrateFleet({ dir: blogDir, tenants, concurrency: 8 });
    expect(counts).toEqual({ total: 20, migrated: 20, upToDate: 0, failed: 0, notStarted: 0 });
    expect((await fleetStatus({ dir: blogDir, tenants })).counts).toMatchObject({ upToDate: 20 });
  });

  test("8 at once on the same database apply each migration once", async () => {
    const dir = await writeFolder({
      "0000_counter": "CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0);",
      "0001_add": "UPDATE counter SET n = n + 1;",
    });
    for (let round = 0; round < 5; round += 1) {
      const { name: _, ...config } = await newTenant();
      const eight = Array.from({ length: 8 }, () => createClient(config));
      const results = await Promise.all(eight.map((client) => migrate(client, { dir })));
      expect(results.flatMap(({ applied }) => applied).toSorted()).toEqual(["0000_counter", "0001_add"]);
      expect((await eight[0]!.execute("SELECT n FROM counter")).rows.map((row) => row["n"])).toEqual([1]);
      for (const client of eight) client.close();
    }
  });
});

describe("a server that asks for a token", () => {
  test("is reached from the command line, and drizzle agrees afterwards", async () => {
    await using guarded = await startSqld({ auth: true });
    const { url, authToken = "" } = guarded.clientConfig();
    for (const target of [url, guarded.wsUrl]) {
      const args = ["--dir", blogDir, "--targets", target];
      const refused = await runCli(["status", ...args]);
      expect(refused.code).toBe(3);
      const env = { LIBSQL_AUTH_TOKEN: authToken };
      const done = await runCli(["up", ...args, "--json"], { env });
      expect(done.stderr).not.toContain(authToken);
      expect(done.code).toBe(0);
      expect(await runCli(["status", ...args], { env })).toMatchObject({ code: 0 });
    }
    const db = drizzle({ connection: { url, authToken } });
    await drizzleMigrate(db, { migrationsFolder: blogDir });
    db.$client.close();
    await using client = createClient({ url, authToken });
    expect(await countsOf(client, "__drizzle_migrations")).toEqual({ __drizzle_migrations: 2 });
    expect(await status(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", applied: blogMigrations });
  });
});
