import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { fleetStatus, migrateFleet } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { countsOf, openFile, scratchFolder, writeFolder } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

async function tenantsIn(folder: string, count: number): Promise<Tenant[]> {
  await mkdir(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => ({ name: `t${i}`, url: `file:${path.join(folder, `t${i}.db`)}` }));
}

test("246 new tenants are created and migrated with a bounded number of open files", async () => {
  const tenants = await tenantsIn(await scratchFolder(), 246);
  const openBefore = openFileCount();
  let mostOpen = 0;
  const seen: number[] = [];
  const first = await migrateFleet({
    dir: blogDir,
    tenants,
    concurrency: 16,
    onProgress: ({ done, total, running }) => {
      seen.push(done);
      mostOpen = Math.max(mostOpen, openFileCount());
      expect(total).toBe(246);
      expect(running).toBeLessThan(16);
    },
  });
  expect(first).toMatchObject({ interrupted: false, migrations: blogMigrations, source: "drizzle-v0" });
  expect(first.counts).toEqual({ total: 246, migrated: 246, upToDate: 0, failed: 0, notStarted: 0 });
  expect(first.tenants[7]).toMatchObject({ name: "t7", state: "migrated", applied: blogMigrations, pending: [] });
  expect(seen).toEqual(Array.from({ length: 247 }, (_, i) => i));
  expect(mostOpen - openBefore).toBeLessThan(150);
  const second = await migrateFleet({ dir: blogDir, tenants });
  expect(second.counts).toMatchObject({ migrated: 0, upToDate: 246 });
  const { counts } = await fleetStatus({ dir: blogDir, tenants });
  expect(counts).toEqual({ total: 246, upToDate: 246, pending: 0, diverged: 0, failed: 0, notStarted: 0 });
});

test("a tenant that fails does not stop the others, and its error is data", async () => {
  const folder = await scratchFolder();
  const tenants = await tenantsIn(folder, 5);
  await openFile(path.join(folder, "t1.db")).execute("CREATE TABLE posts (x)");
  await writeFile(path.join(folder, "t3.db"), "This is no database, however long it is.".repeat(200));
  const { counts, tenants: results } = await migrateFleet({ dir: blogDir, tenants, concurrency: 2 });
  expect(counts).toEqual({ total: 5, migrated: 3, upToDate: 0, failed: 2, notStarted: 0 });
  expect(results[1]).toMatchObject({
    name: "t1",
    state: "failed",
    applied: [],
    pending: blogMigrations,
    error: { code: "MIGRATION_FAILED", migration: "0000_blog", statementIndex: 2, causeCode: "SQLITE_ERROR" },
  });
  expect(results[3]).toMatchObject({ state: "failed", error: { code: "TENANT_FAILED", causeCode: "SQLITE_NOTADB" } });
  expect(await countsOf(openFile(path.join(folder, "t1.db")), "posts")).toEqual({ posts: 0 });
  const status = await fleetStatus({ dir: blogDir, tenants });
  expect(status.tenants.map(({ state }) => state)).toEqual([
    "up-to-date",
    "pending",
    "up-to-date",
    "failed",
    "up-to-date",
  ]);
});

test("status creates nothing", async () => {
  const folder = await scratchFolder();
  const { counts } = await fleetStatus({ dir: blogDir, tenants: await tenantsIn(folder, 2) });
  expect(counts.pending).toBe(2);
  expect(await readdir(folder)).toEqual([]);
});

test("a signal lets those under way finish and starts no others", async () => {
  const tenants = await tenantsIn(await scratchFolder(), 20);
  const controller = new AbortController();
  const result = await migrateFleet({
    dir: blogDir,
    tenants,
    concurrency: 2,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 5) controller.abort();
    },
  });
  expect(result.interrupted).toBe(true);
  expect(result.counts.failed).toBe(0);
  expect(result.counts.migrated).toBeGreaterThanOrEqual(5);
  expect(result.counts.migrated).toBeLessThanOrEqual(6);
  expect(result.tenants.filter(({ state }) => state === "not-started")).toHaveLength(result.counts.notStarted);
  const again = await migrateFleet({ dir: blogDir, tenants });
  expect(again.counts).toMatchObject({ migrated: result.counts.notStarted, upToDate: result.counts.migrated });
});

test("an error says nothing of the token", async () => {
  const authToken = "very-secret";
  const tenants = [{ name: "away", url: "http://127.0.0.1:9/?authToken=very-secret", authToken }];
  const { tenants: results } = await migrateFleet({ dir: blogDir, tenants });
  expect(results[0]).toMatchObject({ state: "failed", target: "http://127.0.0.1:9/" });
  expect(JSON.stringify(results)).not.toContain(authToken);
});

test.each([0, -1, 1.5, Number.NaN])("concurrency %d is a RangeError", async (concurrency) => {
  await expect(migrateFleet({ dir: blogDir, targets: "*.db", concurrency })).rejects.toThrow(RangeError);
});

test("the folder is looked at before any tenant is created", async () => {
  const folder = await scratchFolder();
  const tenants = await tenantsIn(folder, 1);
  await expect(migrateFleet({ dir: path.join(folder, "none"), tenants })).rejects.toMatchObject({
    code: "DIR_INVALID",
  });
  const empty = await writeFolder({});
  expect(await migrateFleet({ dir: empty, tenants })).toMatchObject({ counts: { upToDate: 1 } });
});

/** Open file descriptors of this process, where the system tells. */
function openFileCount(): number {
  return existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0;
}
