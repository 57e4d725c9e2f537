import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { migrateFleet, resumeFleet, unfenceFleet } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { startNode } from "./run-node.ts";
import { scratchFolder, writeFiles } from "./scratch.ts";

// A server and processes take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const migrateFenced = fileURLToPath(new URL("testdata/migrate-fenced.ts", import.meta.url));

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(async () => {
  await server.stop();
});

async function tenantOf(name: string): Promise<Tenant> {
  await server.createNamespace(name);
  await using client = clientOf(name);
  await client.batch(["CREATE TABLE log (n INTEGER PRIMARY KEY)", "CREATE TABLE big (x)"], "write");
  return { name, url: server.url, namespace: name, adminUrl: server.adminUrl };
}

function clientOf(name: string): Client {
  return createClient(server.clientConfig(name));
}

async function isBlocked(name: string): Promise<boolean> {
  const answer = await fetch(`${server.adminUrl}/v1/namespaces/${name}/config`);
  return /"block_writes":true/u.test(await answer.text());
}

/** Takes some seconds. */
const slow =
  "INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT i FROM n;";

/** Writes until it is told to stop; every write that was answered counts. */
function writeOn(name: string): { stop(): Promise<number[]>; readonly blocked: () => number } {
  const done: number[] = [];
  let isOver = false;
  let blocked = 0;
  const loop = (async () => {
    await using client = clientOf(name);
    for (let n = 1; !isOver; n += 1) {
      await client.execute("INSERT INTO log VALUES (?)", [n]).then(
        () => done.push(n),
        () => (blocked += 1),
      );
      await sleep(2);
    }
  })();
  return {
    blocked: () => blocked,
    stop: async () => {
      isOver = true;
      await loop;
      return done;
    },
  };
}

async function loggedIn(name: string): Promise<number[]> {
  await using client = clientOf(name);
  const { rows } = await client.execute("SELECT n FROM log ORDER BY n");
  return rows.map(({ n }) => Number(n));
}

function leftovers(): string[] {
  return readdirSync(path.join(server.dataDir, "dbs")).filter((name) => name.includes("litefleet"));
}

test("writes are blocked while it migrates, reads go on, and no write that was answered is lost", async () => {
  const tenant = await tenantOf("acme");
  const dir = await writeFiles({ "0001_slow.sql": `${slow}\nCREATE TABLE made (x);` });
  const writer = writeOn("acme");
  await sleep(100);
  const migrating = migrateFleet({ dir, tenants: [tenant], fence: true });
  while (!(await isBlocked("acme"))) await sleep(5);
  await using reader = clientOf("acme");
  for (let i = 0; i < 5; i += 1) await reader.execute("SELECT count(*) FROM log");
  await expect(reader.execute("INSERT INTO log VALUES (-1)")).rejects.toThrow();
  const { counts } = await migrating;
  expect(counts).toMatchObject({ migrated: 1, failed: 0 });
  expect(await isBlocked("acme")).toBe(false);
  await sleep(100);
  const done = await writer.stop();
  expect(writer.blocked()).toBeGreaterThan(0);
  expect(await loggedIn("acme")).toEqual(done);
  expect((await reader.execute("SELECT count(*) AS n FROM big")).rows[0]).toMatchObject({ n: 400_000 });
  expect(leftovers()).toEqual([]);
});

test("a migration that fails leaves the tenant as it was, and lets writes in", async () => {
  const tenant = await tenantOf("fails");
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE made (x);\nCREATE TABLE log (x);" });
  const { tenants } = await migrateFleet({ dir, tenants: [tenant], fence: true });
  expect(tenants[0]).toMatchObject({ state: "failed", applied: [], error: { code: "MIGRATION_FAILED" } });
  expect(await isBlocked("fails")).toBe(false);
  await using client = clientOf("fails");
  await client.execute("INSERT INTO log VALUES (1)");
  expect((await client.execute("SELECT name FROM sqlite_schema WHERE name = 'made'")).rows).toEqual([]);
  expect(leftovers()).toEqual([]);
});

test("settings stay what they are, and nothing pending needs no fence", async () => {
  const tenant = await tenantOf("settings");
  const url = `${server.adminUrl}/v1/namespaces/settings/config`;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ block_reads: false, block_writes: false, allow_attach: true, txn_timeout_s: 9 });
  await fetch(url, { method: "POST", headers, body });
  const before = await (await fetch(url)).text();
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE made (x);" });
  expect(await migrateFleet({ dir, tenants: [tenant], fence: true })).toMatchObject({ counts: { migrated: 1 } });
  expect(await (await fetch(url)).text()).toBe(before);
  expect(await migrateFleet({ dir, tenants: [tenant], fence: true })).toMatchObject({ counts: { upToDate: 1 } });
  const { adminUrl: _, ...without } = tenant;
  const more = await writeFiles({ "0001_a.sql": "CREATE TABLE made (x);", "0002_b.sql": "CREATE TABLE more (x);" });
  const { tenants } = await migrateFleet({ dir: more, tenants: [without], fence: true });
  expect(tenants[0]).toMatchObject({ state: "failed", error: { code: "TARGET_INVALID" } });
});

interface Killed {
  readonly dir: string;
  readonly tenant: Tenant;
  readonly ledger: string;
}

/** What people do then, and whether it went well. */
const afterKill = {
  up: async ({ dir, tenant }: Killed) => (await migrateFleet({ dir, tenants: [tenant] })).state === "done",
  resume: async ({ ledger }: Killed) => (await resumeFleet({ ledger })).state === "done",
  unfence: async ({ tenant }: Killed) => {
    const [first] = await unfenceFleet({ tenants: [tenant] });
    const [second] = await unfenceFleet({ tenants: [tenant] });
    return (first?.state === "lifted" || first?.state === "finished") && second?.state === "none";
  },
};

test.each(["up", "resume", "unfence"] as const)("after a kill -9: %s", async (how) => {
  const name = `killed-${how}`;
  const tenant = await tenantOf(name);
  const dir = await writeFiles({ "0001_slow.sql": `${slow}\nCREATE TABLE made (x);` });
  const ledger = path.join(await scratchFolder(), "runs.db");
  const run = startNode([migrateFenced, JSON.stringify({ dir, tenants: [tenant], ledger })]);
  while (!(await isBlocked(name))) await sleep(5);
  // A fence of a process that lives is left alone.
  expect(await unfenceFleet({ tenants: [tenant] })).toMatchObject([
    { state: "failed", error: { code: "TENANT_BUSY" } },
  ]);
  run.kill("SIGKILL");
  await run.ended;
  expect(await isBlocked(name)).toBe(true);
  expect(await afterKill[how]({ dir, tenant, ledger })).toBe(true);
  expect(await isBlocked(name)).toBe(false);
  await using client = clientOf(name);
  await client.execute("INSERT INTO log VALUES (7)");
  expect(await loggedIn(name)).toEqual([7]);
  const { rows } = await client.execute("SELECT (SELECT count(*) FROM big) AS n");
  expect([0, 400_000]).toContain(rows[0]?.["n"]);
  expect(leftovers()).toEqual([]);
});

test("without a fence an admin API that cannot be reached is in nobody's way", async () => {
  const tenant = { ...(await tenantOf("unreached")), adminUrl: "http://127.0.0.1:9" };
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE made (x);" });
  expect(await migrateFleet({ dir, tenants: [tenant] })).toMatchObject({ counts: { migrated: 1 } });
  const more = await writeFiles({ "0001_a.sql": "CREATE TABLE made (x);", "0002_b.sql": "CREATE TABLE more (x);" });
  const { tenants } = await migrateFleet({ dir: more, tenants: [tenant], fence: true });
  expect(tenants[0]).toMatchObject({ state: "failed", error: { code: "TENANT_FAILED" } });
});

test("a swap that was cut off is ended, and what was written is there", async () => {
  const tenant = await tenantOf("swapped");
  await using client = clientOf("swapped");
  await client.execute("INSERT INTO log VALUES (1)");
  // As a run leaves it that is killed between taking the namespace away and putting its copy there.
  const scratch = "swapped--litefleet-fence";
  await server.forkNamespace("swapped", scratch);
  await using copy = clientOf(scratch);
  await copy.execute("CREATE TABLE made (x)");
  const mark = { phase: "swapping", holder: "elsewhere:1", at: 0, was: { block_writes: false, block_reason: null } };
  const reason = `litefleet-migrate migrates this database, try again soon ${JSON.stringify(mark)}`;
  await fetch(`${server.adminUrl}/v1/namespaces/${scratch}/config`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ block_reads: false, block_writes: true, block_reason: reason }),
  });
  await server.deleteNamespace("swapped");
  expect(await unfenceFleet({ tenants: [tenant] })).toMatchObject([{ state: "finished" }]);
  await client.execute("INSERT INTO made VALUES (1)");
  expect(await loggedIn("swapped")).toEqual([1]);
  expect(leftovers()).toEqual([]);
});
