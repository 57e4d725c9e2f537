import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTemplate, migrateFleet, provisionTenant, rehearse, status } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { resolveTenants } from "../src/fleet/resolve-tenants.ts";
import { placeOfTenant } from "../src/provision/place-of-tenant.ts";
import { startCloud } from "./cloud-on-sqld.ts";
import type { CloudStandIn } from "./cloud-on-sqld.ts";
import { runCli } from "./run-node.ts";
import { writeFiles } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

let sqld: SqldServer;
let cloud: CloudStandIn;

beforeEach(async () => {
  sqld = await startSqld({ namespaces: true });
  cloud = await startCloud(sqld);
  vi.stubEnv("TURSO_API_TOKEN", cloud.platform.token);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await cloud.platform[Symbol.asyncDispose]();
  await sqld.stop();
});

const oneTable = { "0001_a.sql": "CREATE TABLE a (x);\nINSERT INTO a VALUES (1), (2);" };
const two = { ...oneTable, "0002_b.sql": "CREATE TABLE b (x);\nDELETE FROM a WHERE x = 2;" };

function tenantOf(name: string): Tenant {
  const { fetch, platform } = cloud;
  const tenant = placeOfTenant(name, { into: "turso:org/eu", baseUrl: platform.baseUrl });
  return { ...tenant, fetch };
}

const templatesIn = (databases: ReadonlySet<string>): string[] =>
  [...databases].filter((name) => name.startsWith("litefleet-"));

test("new tenants are branches of a migrated template", async () => {
  const dir = await writeFiles(oneTable);
  const template = await createTemplate({ dir });
  const made = await Promise.all(["p-acme", "p-globex"].map((name) => template.provision(tenantOf(name))));
  expect(made).toMatchObject([
    { name: "p-acme", by: "branch", target: "libsql://p-acme.test", version: "0001_a" },
    { name: "p-globex", by: "branch", target: "libsql://p-globex.test" },
  ]);
  await using client = createClient(sqld.clientConfig("p-acme"));
  expect(await status(client, { dir })).toMatchObject({ state: "up-to-date" });
  await client.execute("INSERT INTO a VALUES (3)");
  await using other = createClient(sqld.clientConfig("p-globex"));
  expect((await other.execute("SELECT count(*) AS n FROM a")).rows[0]?.["n"]).toBe(2);
  await expect(template.provision(tenantOf("p-acme"))).rejects.toMatchObject({ code: "TENANT_EXISTS" });
  expect((await client.execute("SELECT count(*) AS n FROM a")).rows[0]?.["n"]).toBe(3);
  // Another process finds the template; other migrations are another one.
  expect(templatesIn(cloud.databases)).toHaveLength(1);
  await provisionTenant({ dir, tenant: tenantOf("p-initech") });
  expect(templatesIn(cloud.databases)).toHaveLength(1);
  expect(await provisionTenant({ dir: await writeFiles(two), tenant: tenantOf("p-umbrella") })).toMatchObject({
    version: "0002_b",
  });
  expect(templatesIn(cloud.databases)).toHaveLength(2);
});

test("a migration that fails leaves nothing, and without a token nothing is made", async () => {
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE a (x);\nCREATE TABLE a (x);" });
  await expect(provisionTenant({ dir, tenant: tenantOf("f-acme") })).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
  });
  expect([...cloud.databases]).toEqual([]);
  vi.stubEnv("TURSO_API_TOKEN", "");
  const good = await writeFiles(oneTable);
  await expect(provisionTenant({ dir: good, tenant: tenantOf("f-acme") })).rejects.toMatchObject({
    code: "TARGET_INVALID",
  });
  expect([...cloud.databases]).toEqual([]);
});

test("a rehearsal runs on a branch that is removed, also after a failure", async () => {
  const dir = await writeFiles(oneTable);
  await provisionTenant({ dir, tenant: tenantOf("r-acme") });
  const before = [...cloud.databases];
  const tenants = [{ ...tenantOf("r-acme"), url: "libsql://r-acme.test" }];
  const works = await rehearse({ dir: await writeFiles(two), tenants });
  expect(works.tenants).toMatchObject([{ state: "migrated", applied: ["0002_b"] }]);
  expect(works.tenants[0]?.tables.toSorted((a, b) => a.table.localeCompare(b.table))).toEqual([
    { table: "a", before: 2, after: 1 },
    { table: "b", before: undefined, after: 0 },
  ]);
  const broken = await writeFiles({ ...oneTable, "0002_b.sql": "DROP TABLE none;" });
  const fails = await rehearse({ dir: broken, tenants });
  expect(fails.tenants).toMatchObject([{ state: "failed", error: { code: "MIGRATION_FAILED" } }]);
  expect([...cloud.databases]).toEqual(before);
  await using client = createClient(sqld.clientConfig("r-acme"));
  expect((await client.execute("SELECT count(*) AS n FROM a")).rows[0]?.["n"]).toBe(2);
});

test("what we make beside tenants is no tenant", async () => {
  const dir = await writeFiles(oneTable);
  await provisionTenant({ dir, tenant: tenantOf("t-acme") });
  for (const name of ["t-acme-backup-20260301-142501-3f9a", "t-acme-replaced-20260301t142501z", "t-backup-acme"]) {
    await sqld.createNamespace(name);
    cloud.databases.add(name);
  }
  const { baseUrl, token } = cloud.platform;
  const turso = { org: "org", groups: ["eu"], baseUrl, token };
  const found = await resolveTenants({ tenants: { turso } });
  expect(found.map(({ name }) => name)).toEqual(["t-acme", "t-backup-acme"]);
  // The same on a libSQL server, whose folder holds all of this too.
  await using client = createClient(sqld.clientConfig("t-backup-acme"));
  await client.execute("CREATE TABLE own (x)");
  const names = (await resolveTenants({ tenants: { sqld: { url: sqld.url, dataDir: sqld.dataDir } } })).map(
    ({ name }) => name,
  );
  expect(names).toEqual(expect.arrayContaining(["t-acme", "t-backup-acme"]));
  expect(names.filter((name) => /^litefleet-|-replaced-|-backup-\d/u.test(name))).toEqual([]);
  expect(
    await migrateFleet({ dir, tenants: [{ ...tenantOf("t-acme"), url: sqld.url, namespace: "t-acme" }] }),
  ).toMatchObject({ counts: { upToDate: 1 } });
});

test("the command names a group, and refuses names that cannot be", async () => {
  const dir = await writeFiles(oneTable);
  const run = async (...args: string[]) => {
    const { code, stdout } = await runCli(["provision", "--dir", dir, "--json", ...args]);
    return { code, document: JSON.parse(stdout) as unknown };
  };
  const invalid = { code: 1, document: { error: { code: "TARGET_INVALID" } } };
  expect(await run("Acme", "--into", "turso:org/eu")).toMatchObject(invalid);
  expect(await run("acme", "--into", "turso:org")).toMatchObject(invalid);
  vi.stubEnv("TURSO_API_TOKEN", "");
  expect(await run("acme", "--into", "turso:org/eu")).toMatchObject({
    code: 3,
    document: { tenants: [{ name: "acme", state: "failed", error: { code: "TARGET_INVALID" } }] },
  });
});
