import path from "node:path";
import { createClient } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import { afterEach, expect, test, vi } from "vitest";
import { migrateFleet, pruneBackups, readBackups, restoreBackups } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { startCloud } from "./cloud-on-sqld.ts";
import { scratchFolder, writeFiles } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });
afterEach(() => vi.unstubAllEnvs());

test("a database on Turso Cloud is backed up as a branch, and made anew from it", async () => {
  await using sqld = await startSqld({ namespaces: true });
  const database = `acme-${"x".repeat(59)}`;
  await sqld.createNamespace(database);
  const { databases, platform: standIn } = await startCloud(sqld, [database]);
  await using platform = standIn;
  vi.stubEnv("TURSO_API_TOKEN", platform.token);
  const backups = path.join(await scratchFolder(), "backups");
  const cloud = { org: "org", database, group: "eu", baseUrl: platform.baseUrl };
  const tenants: Tenant[] = [{ name: "acme", url: sqld.url, namespace: database, cloud }];
  const sum = async (namespace: string): Promise<unknown> => {
    await using client = createClient(sqld.clientConfig(namespace));
    return (await client.execute("SELECT sum(x) AS sum FROM b")).rows[0]?.["sum"];
  };
  await migrateFleet({
    dir: await writeFiles({ "0001_b.sql": "CREATE TABLE b (x);\nINSERT INTO b VALUES (3), (4);" }),
    tenants,
  });
  const dir = await writeFiles({
    "0001_b.sql": "CREATE TABLE b (x);\nINSERT INTO b VALUES (3), (4);",
    "0002_empty.sql": "DELETE FROM b;\nINSERT INTO b VALUES (100);",
  });
  const { run, counts } = await migrateFleet({ dir, tenants, backup: "auto", backups });
  expect(counts).toMatchObject({ migrated: 1, failed: 0 });
  expect(await sum(database)).toBe(100);
  expect(await readBackups({ backups })).toMatchObject([{ tenant: "acme", source: { kind: "turso", database } }]);
  const [restored] = await restoreBackups({ of: run, backups });
  expect(restored).toMatchObject({ tenant: "acme", state: "restored" });
  expect([await sum(database), await sum(restored!.replaced!)]).toEqual([7, 100]);
  expect(databases).toHaveLength(3);
  // A restore that was cut off in the middle, with the database away, is done again.
  await sqld.deleteNamespace(database);
  databases.delete(database);
  expect(await restoreBackups({ of: "acme", backups })).toMatchObject([{ state: "restored" }]);
  expect(await sum(database)).toBe(7);
  await pruneBackups({ backups, olderThanMs: 0 });
  expect([...databases].toSorted()).toEqual([database, restored!.replaced!].toSorted());
});

test("without a token of the Platform API nothing is changed", async () => {
  await using sqld = await startSqld({ namespaces: true });
  await sqld.createNamespace("acme");
  vi.stubEnv("TURSO_API_TOKEN", "");
  const backups = path.join(await scratchFolder(), "backups");
  const cloud = { org: "org", database: "acme", group: "eu" };
  const tenants: Tenant[] = [{ name: "acme", url: sqld.url, namespace: "acme", cloud }];
  const dir = await writeFiles({ "0001_b.sql": "CREATE TABLE b (x);" });
  const result = await migrateFleet({ dir, tenants, backup: "always", backups });
  expect(result.tenants).toMatchObject([{ state: "failed", error: { code: "BACKUP_FAILED" }, applied: [] }]);
  expect(await readBackups({ backups })).toEqual([]);
});
