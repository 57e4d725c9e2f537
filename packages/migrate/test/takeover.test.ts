import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client, Transaction } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { migrateFleet, openRuns, resumeFleet, unfenceFleet } from "../src/index.ts";
import type { RunRecord, Tenant } from "../src/index.ts";
import { startNode } from "./run-node.ts";
import type { RunningNode } from "./run-node.ts";
import { scratchFolder, writeFiles } from "./scratch.ts";

// Real processes that take themselves for ones on another machine, whose pids say nothing here.
vi.setConfig({ testTimeout: 120_000 });

const otherHost = new URL("testdata/other-host.ts", import.meta.url).href;
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));

let server: SqldServer;

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(async () => {
  await server.stop();
});

function clientOf(namespace: string): Client {
  return createClient(server.clientConfig(namespace));
}

/** Takes some tenths of a second for each hundred thousand. */
function slow(rows: number): string {
  return `CREATE TABLE big (x);
INSERT INTO big WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n;`;
}

async function makeTenants(prefix: string, count: number): Promise<Tenant[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  for (const name of names) await server.createNamespace(name);
  return names.map((name) => ({ name, url: server.url, namespace: name, adminUrl: server.adminUrl }));
}

interface Elsewhere {
  readonly dir: string;
  readonly tenants: readonly Tenant[];
  readonly ledger: { readonly url: string };
  readonly process: RunningNode;
}

/** A runner on the other machine, and the ledger, which lies where both machines reach it. */
async function runElsewhere(
  dir: string,
  tenants: readonly Tenant[],
  control: string,
  args: readonly string[] = [],
): Promise<Elsewhere> {
  await server.createNamespace(control);
  const ledger = { url: await server.namespaceUrl(control) };
  const cwd = await scratchFolder();
  await writeFile(path.join(cwd, "litefleet.config.json"), JSON.stringify({ dir, tenants, ledger, concurrency: 1 }));
  return { dir, tenants, ledger, process: startNode(["--import", otherHost, bin, "up", ...args], { cwd }) };
}

async function lastRun(ledger: { readonly url: string }): Promise<RunRecord | undefined> {
  const runs = await openRuns({ ledger });
  const run = await runs.get("latest").catch(() => undefined);
  await runs.close();
  return run;
}

async function untilMigrated(ledger: { readonly url: string }, count: number): Promise<void> {
  while (((await lastRun(ledger))?.counts.migrated ?? 0) < count) await sleep(20);
}

/** As if so much time had gone by since the runner's last word. */
async function letTimePass({ url }: { readonly url: string }, ms: number): Promise<void> {
  await using client = createClient({ url });
  await client.execute({ sql: "UPDATE litefleet_runs SET heartbeat_at = heartbeat_at - ?", args: [ms] });
}

async function expectOnce(tenants: readonly Tenant[], rows: number): Promise<void> {
  for (const { name } of tenants) {
    await using client = clientOf(name);
    const { rows: found } = await client.execute("SELECT count(*) AS n FROM big");
    expect(found[0]?.["n"]).toBe(rows);
  }
}

test("a runner on another machine that was killed counts as alive for a minute, and is taken over then", async () => {
  const rows = 100_000;
  const dir = await writeFiles({ "0001_slow.sql": slow(rows) });
  const tenants = await makeTenants("killed", 8);
  const { ledger, process } = await runElsewhere(dir, tenants, "control-killed");
  await untilMigrated(ledger, 1);
  process.kill("SIGKILL");
  expect((await process.ended).code).toBeNull();
  const left = await lastRun(ledger);
  expect(left).toMatchObject({ state: "running", counts: { total: 8 } });
  expect(left?.holder).toMatch(/^elsewhere:\d+$/u);
  await expect(resumeFleet({ ledger })).rejects.toMatchObject({ code: "RUN_IN_PROGRESS" });
  await expect(migrateFleet({ dir, tenants, ledger })).rejects.toThrow(/elsewhere:/u);
  await letTimePass(ledger, 40_000);
  await expect(resumeFleet({ ledger })).rejects.toMatchObject({ code: "RUN_IN_PROGRESS" });
  await letTimePass(ledger, 20_000);
  expect(await lastRun(ledger)).toMatchObject({ state: "abandoned" });
  const { state, counts } = await resumeFleet({ ledger });
  // It may have been killed between the last COMMIT and the word of it.
  expect([state, counts.migrated + counts.upToDate]).toEqual(["done", 8]);
  const runs = await openRuns({ ledger });
  expect(await runs.list()).toHaveLength(1);
  await runs.close();
  await expectOnce(tenants, rows);
});

test("a runner that was only asleep finds its run taken over, and starts no further tenant", async () => {
  const rows = 100_000;
  const dir = await writeFiles({ "0001_slow.sql": slow(rows) });
  const tenants = await makeTenants("asleep", 8);
  const { ledger, process } = await runElsewhere(dir, tenants, "control-asleep");
  await untilMigrated(ledger, 1);
  process.kill("SIGSTOP");
  await letTimePass(ledger, 60_000);
  const { state } = await resumeFleet({ ledger });
  expect(state).toBe("done");
  const taken = await lastRun(ledger);
  process.kill("SIGCONT");
  expect((await process.ended).code).toBe(5);
  expect(await lastRun(ledger)).toEqual(taken);
  expect(taken?.holder).not.toMatch(/^elsewhere:/u);
  await expectOnce(tenants, rows);
});

interface Mark {
  readonly phase: string;
  readonly holder: string;
  readonly at: number;
}

async function configOf(namespace: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.adminUrl}/v1/namespaces/${namespace}/config`);
  return (await answer.json()) as Record<string, unknown>;
}

async function configure(namespace: string, config: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${server.adminUrl}/v1/namespaces/${namespace}/config`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(config),
  });
  expect(answer.status).toBe(200);
}

/** What is said on the fence of a namespace. */
async function markOf(namespace: string): Promise<Mark | undefined> {
  const reason = String((await configOf(namespace))["block_reason"]);
  return reason.includes("{") ? (JSON.parse(reason.slice(reason.indexOf("{"))) as Mark) : undefined;
}

/** A transaction that has written, and may take its time: a runner that puts up a fence waits for it. */
async function startWriting(namespace: string, client: Client): Promise<Transaction> {
  await configure(namespace, { ...(await configOf(namespace)), txn_timeout_s: 60 });
  await client.execute("CREATE TABLE log (x)");
  const writer = await client.transaction("write");
  await writer.execute("INSERT INTO log VALUES (1)");
  return writer;
}

async function letFenceGetOld(namespace: string, ms: number): Promise<void> {
  const config = await configOf(namespace);
  const { at } = (await markOf(namespace))!;
  const reason = String(config["block_reason"]).replace(`"at":${at}`, `"at":${at - ms}`);
  await configure(namespace, { ...config, block_reason: reason });
}

const unfence = async (tenants: readonly Tenant[]) => (await unfenceFleet({ tenants }))[0];

function leftovers(): string[] {
  return readdirSync(path.join(server.dataDir, "dbs")).filter((name) => name.includes("litefleet"));
}

test("a fence of a runner on another machine stays while that says that it is at work", async () => {
  const rows = 1_000;
  const dir = await writeFiles({ "0001_slow.sql": slow(rows) });
  const tenants = await makeTenants("fenced", 1);
  await using client = clientOf("fenced0");
  const writer = await startWriting("fenced0", client);
  const { process } = await runElsewhere(dir, tenants, "control-fenced", ["--fence"]);
  const first = await vi.waitUntil(() => markOf("fenced0"), { timeout: 30_000, interval: 5 });
  expect(first).toMatchObject({ phase: "copying", holder: expect.stringMatching(/^elsewhere:/u) });
  expect(await unfence(tenants)).toMatchObject({ state: "failed", error: { code: "TENANT_BUSY" } });
  // It says so again and again; also after somebody's clock has made it look old.
  await letFenceGetOld("fenced0", 44_000);
  const second = await vi.waitUntil(
    async () => ((await markOf("fenced0"))!.at > first.at ? markOf("fenced0") : false),
    {
      timeout: 30_000,
      interval: 20,
    },
  );
  expect(second).toMatchObject({ phase: "copying", holder: first.holder });
  expect(await unfence(tenants)).toMatchObject({ state: "failed", error: { code: "TENANT_BUSY" } });
  await writer.commit();
  expect((await process.ended).code).toBe(0);
  expect((await client.execute("SELECT * FROM log")).rows).toHaveLength(1);
  expect(await markOf("fenced0")).toBeUndefined();
  await expectOnce(tenants, rows);
  expect(leftovers()).toEqual([]);
});

test("a fence of a killed runner on another machine is lifted after a silence, and by who resumes the run", async () => {
  const rows = 1_000;
  const dir = await writeFiles({ "0001_slow.sql": slow(rows) });
  const tenants = await makeTenants("left", 1);
  await using client = clientOf("left0");
  const writer = await startWriting("left0", client);
  const { ledger, process } = await runElsewhere(dir, tenants, "control-left", ["--fence"]);
  await vi.waitUntil(() => markOf("left0"), { timeout: 30_000, interval: 5 });
  process.kill("SIGKILL");
  await process.ended;
  await writer.commit();
  expect(await unfence(tenants)).toMatchObject({ state: "failed", error: { code: "TENANT_BUSY" } });
  expect(await markOf("left0")).toMatchObject({ phase: "copying" });
  await letFenceGetOld("left0", 45_000);
  await letTimePass(ledger, 60_000);
  expect(await resumeFleet({ ledger })).toMatchObject({ state: "done", counts: { migrated: 1 } });
  expect(await markOf("left0")).toBeUndefined();
  await expectOnce(tenants, rows);
  expect(leftovers()).toEqual([]);
});
