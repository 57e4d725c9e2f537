import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { migrateFleet, openRuns, resumeFleet } from "../src/index.ts";
import type { RunEvent, RunReader, Tenant } from "../src/index.ts";
import { blogDir, blogMigrations } from "./blog.ts";
import { openFile, scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

const readers: RunReader[] = [];

afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

interface Fleet {
  readonly tenants: Tenant[];
  readonly ledger: string;
  readonly folder: string;
}

/** New tenants t0, t1, …; those that `broken` names have a table that is in the way of the first migration. */
async function fleetOf(count: number, broken: readonly string[] = []): Promise<Fleet> {
  const folder = await scratchFolder();
  const tenants = Array.from({ length: count }, (_, i) => ({
    name: `t${i}`,
    url: `file:${path.join(folder, `t${i}.db`)}`,
  }));
  for (const name of broken) await openFile(path.join(folder, `${name}.db`)).execute("CREATE TABLE posts (x)");
  return { tenants, ledger: path.join(folder, "runs.db"), folder };
}

async function repair({ folder }: Fleet, name: string): Promise<void> {
  await openFile(path.join(folder, `${name}.db`)).execute("DROP TABLE posts");
}

async function runsOf({ ledger }: Fleet): Promise<RunReader> {
  const reader = await openRuns({ ledger });
  readers.push(reader);
  return reader;
}

test("waves come one after the other, the canary first, and every event has been written before it is told", async () => {
  const fleet = await fleetOf(12);
  const events: RunEvent[] = [];
  const result = await migrateFleet({
    dir: blogDir,
    ...fleet,
    waves: [1, "50%", "100%"],
    canary: ["t7"],
    onEvent: (event) => events.push(event),
  });
  expect(result).toMatchObject({
    state: "done",
    interrupted: false,
    counts: { total: 12, migrated: 12, notStarted: 0 },
  });
  expect(result.waves.map(({ label, state, size }) => [label, state, size])).toEqual([
    ["canary", "done", 1],
    ["1", "done", 1],
    ["50%", "done", 5],
    ["100%", "done", 5],
  ]);
  const told = events.map(({ type }) => type);
  expect(told.filter((type) => !type.startsWith("tenant-"))).toEqual([
    "run-start",
    ...Array.from({ length: 4 }, () => ["wave-start", "wave-end"]).flat(),
    "run-end",
  ]);
  // Each wave's tenants stand between its start and its end.
  let wave: number | undefined;
  const ended: string[] = [];
  const strays: RunEvent[] = [];
  for (const event of events) {
    if (event.type === "wave-start") wave = event.wave.index;
    if ((event.type === "tenant-start" || event.type === "tenant-end") && event.tenant.wave !== wave)
      strays.push(event);
    if (event.type === "tenant-end") ended.push(event.tenant.name);
    if (event.type === "wave-end") wave = undefined;
  }
  expect(strays).toEqual([]);
  expect(ended.slice(0, 2)).toEqual(["t7", "t0"]);
  expect(ended).toHaveLength(12);

  const runs = await runsOf(fleet);
  expect(await runs.list()).toHaveLength(1);
  const run = await runs.get("latest");
  expect(run).toMatchObject({
    id: result.run,
    command: "up",
    state: "done",
    dir: blogDir,
    source: "drizzle-v0",
    migrations: blogMigrations,
    counts: { total: 12, migrated: 12, failed: 0, waiting: 0, running: 0, "up-to-date": 0 },
  });
  expect(run?.waves).toEqual(result.waves);
  const [first] = await runs.tenants(result.run, { limit: 1 });
  expect(first).toMatchObject({
    name: "t7",
    wave: 0,
    state: "migrated",
    attempts: 1,
    applied: blogMigrations,
    version: "0001_starter_plan",
    error: undefined,
  });
  expect(await runs.tenants(result.run, { offset: 10 })).toHaveLength(2);
  expect(await runs.get("nothing")).toBeUndefined();
});

test("the ledger knows of a tenant's end when it is told", async () => {
  const fleet = await fleetOf(3);
  const looks: Promise<void>[] = [];
  let reader: RunReader | undefined;
  await migrateFleet({
    dir: blogDir,
    ...fleet,
    concurrency: 1,
    beforeRun: async () => {
      reader = await runsOf(fleet);
    },
    onEvent: (event) => {
      if (event.type !== "tenant-end" || reader === undefined) return;
      const { name } = event.tenant;
      looks.push(
        reader.tenants("latest").then((tenants) => {
          expect(tenants.find((tenant) => tenant.name === name)?.state).toBe("migrated");
        }),
      );
    },
  });
  await Promise.all(looks);
  expect(looks).toHaveLength(3);
});

test("a wave with a failure stops the waves after it, and the others of the wave go on", async () => {
  const fleet = await fleetOf(10, ["t2"]);
  const halted = await migrateFleet({ dir: blogDir, ...fleet, waves: "1,50%,100%" });
  expect(halted).toMatchObject({ state: "halted", counts: { migrated: 4, failed: 1, notStarted: 5 } });
  expect(halted.reason).toBeTypeOf("string");
  expect(halted.waves.map(({ state }) => state)).toEqual(["done", "halted", "waiting"]);
  expect(existsSync(path.join(fleet.folder, "t5.db"))).toBe(false);

  const resumed = await resumeFleet({ ledger: fleet.ledger });
  expect(resumed).toMatchObject({
    run: halted.run,
    state: "partial",
    counts: { migrated: 9, failed: 1, notStarted: 0 },
  });

  await repair(fleet, "t2");
  const retried = await resumeFleet({ ledger: fleet.ledger, which: "failed" });
  expect(retried).toMatchObject({ run: halted.run, state: "done", counts: { migrated: 10, failed: 0 } });
  expect(retried.tenants[2]).toMatchObject({ name: "t2", state: "migrated", applied: blogMigrations });
  const runs = await runsOf(fleet);
  expect(await runs.list()).toMatchObject([{ id: halted.run, state: "done" }]);
  const t2 = (await runs.tenants("latest")).find(({ name }) => name === "t2");
  expect(t2).toMatchObject({ attempts: 2, state: "migrated", error: undefined });
});

test.each([
  { maxFailures: 1, state: "halted" },
  { maxFailures: 2, state: "partial" },
  { maxFailures: "39%", state: "halted" },
  { maxFailures: "40%", state: "partial" },
])("of five tenants two fail with a budget of $maxFailures: $state", async ({ maxFailures, state }) => {
  const fleet = await fleetOf(10, ["t1", "t3"]);
  const result = await migrateFleet({ dir: blogDir, ...fleet, waves: "50%,100%", maxFailures });
  expect(result).toMatchObject({ state, counts: { failed: 2, notStarted: state === "halted" ? 5 : 0 } });
});

test("without waves, and in the last one, a failure halts nothing", async () => {
  const one = await fleetOf(4, ["t0"]);
  expect(await migrateFleet({ dir: blogDir, ...one })).toMatchObject({ state: "partial", counts: { migrated: 3 } });
  const two = await fleetOf(4, ["t3"]);
  expect(await migrateFleet({ dir: blogDir, ...two, waves: "50%,100%" })).toMatchObject({ state: "partial" });
});

test("onError stop starts no further tenant", async () => {
  const fleet = await fleetOf(10, ["t2"]);
  const result = await migrateFleet({ dir: blogDir, ...fleet, onError: "stop", concurrency: 1 });
  expect(result).toMatchObject({ state: "partial", counts: { migrated: 2, failed: 1, notStarted: 7 } });
  const waves = await fleetOf(10, ["t2"]);
  const halted = await migrateFleet({
    dir: blogDir,
    ...waves,
    onError: "stop",
    waves: "50%,100%",
    maxFailures: 3,
    concurrency: 1,
  });
  expect(halted).toMatchObject({ state: "halted", counts: { migrated: 2, failed: 1, notStarted: 7 } });
});

test("hooks hear of the run, its waves and its tenants", async () => {
  const fleet = await fleetOf(3, ["t1"]);
  const heard: string[] = [];
  await migrateFleet({
    dir: blogDir,
    ...fleet,
    concurrency: 1,
    canary: ["t2"],
    beforeRun: (run) => void heard.push(`run ${run.counts.total}`),
    beforeWave: async (wave) => void heard.push(`wave ${wave.label}`),
    healthCheck: async (tenant, client) => {
      const { rows } = await client.execute("SELECT count(*) AS n FROM posts");
      heard.push(`health ${tenant.name} ${Number(rows[0]?.["n"])}`);
    },
    afterTenant: ({ name, state }) => void heard.push(`after ${name} ${state}`),
  });
  expect(heard).toEqual([
    "run 3",
    "wave canary",
    "health t2 0",
    "after t2 migrated",
    "wave 100%",
    "health t0 0",
    "after t0 migrated",
    "after t1 failed",
  ]);
});

test.each([
  { answer: "false", migrated: 2 },
  { answer: "an error", migrated: 2 },
])("a health check that answers $answer halts the wave", async ({ answer, migrated }) => {
  const fleet = await fleetOf(6);
  const result = await migrateFleet({
    dir: blogDir,
    ...fleet,
    concurrency: 1,
    waves: "4,100%",
    healthCheck: ({ name }) => {
      if (name !== "t1") return true;
      if (answer === "false") return false;
      throw new Error("the sums are wrong");
    },
  });
  expect(result).toMatchObject({ state: "halted", counts: { migrated, failed: 0, notStarted: 6 - migrated } });
  expect(result.waves.map(({ state }) => state)).toEqual(["halted", "waiting"]);
  expect(result.reason).toContain("t1");
  expect(await resumeFleet({ ledger: fleet.ledger })).toMatchObject({ state: "done", counts: { migrated: 6 } });
});

test("a hook before the run or a wave halts before any of its tenants", async () => {
  const one = await fleetOf(2);
  expect(await migrateFleet({ dir: blogDir, ...one, beforeRun: () => false })).toMatchObject({
    state: "halted",
    counts: { notStarted: 2 },
  });
  expect(existsSync(path.join(one.folder, "t0.db"))).toBe(false);
  const two = await fleetOf(4);
  const result = await migrateFleet({ dir: blogDir, ...two, waves: "1,100%", beforeWave: ({ index }) => index === 0 });
  expect(result).toMatchObject({ state: "halted", counts: { migrated: 1, notStarted: 3 } });
  expect(result.waves.map(({ state }) => state)).toEqual(["done", "halted"]);
});

test("a signal drains and saves, and resume does the rest", async () => {
  const fleet = await fleetOf(20);
  const controller = new AbortController();
  const interrupted = await migrateFleet({
    dir: blogDir,
    ...fleet,
    concurrency: 2,
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done === 5) controller.abort();
    },
  });
  expect(interrupted).toMatchObject({ state: "interrupted", interrupted: true, counts: { failed: 0 } });
  const runs = await runsOf(fleet);
  const { counts } = interrupted;
  expect(await runs.get("latest")).toMatchObject({
    state: "interrupted",
    counts: { waiting: counts.notStarted, running: 0 },
  });
  const seen: number[] = [];
  const resumed = await resumeFleet({ ledger: fleet.ledger, onProgress: ({ total }) => void seen.push(total) });
  expect(resumed).toMatchObject({ run: interrupted.run, state: "done", counts: { migrated: 20 } });
  expect(new Set(seen)).toEqual(new Set([counts.notStarted]));
  // There is nothing left, and nothing is done.
  expect(await resumeFleet({ ledger: fleet.ledger })).toMatchObject({ state: "done", counts: { migrated: 20 } });
});

test("a pause between waves can be interrupted", async () => {
  const fleet = await fleetOf(2);
  const controller = new AbortController();
  const result = await migrateFleet({
    dir: blogDir,
    ...fleet,
    waves: "1,100%",
    pauseMs: 3_600_000,
    signal: controller.signal,
    onEvent: ({ type }) => {
      if (type === "pause") controller.abort();
    },
  });
  expect(result).toMatchObject({ state: "interrupted", counts: { migrated: 1, notStarted: 1 } });
});

test("what a listener throws ends the run as an interrupt would", async () => {
  const fleet = await fleetOf(30);
  const error = new Error("of the listener");
  await expect(
    migrateFleet({
      dir: blogDir,
      ...fleet,
      concurrency: 1,
      onEvent: ({ type }) => {
        if (type === "tenant-end") throw error;
      },
    }),
  ).rejects.toBe(error);
  const runs = await runsOf(fleet);
  const run = await runs.get("latest");
  expect(run?.state).toBe("interrupted");
  expect(run?.counts.running).toBe(0);
  expect(run?.counts.migrated).toBeGreaterThan(0);
  expect(await resumeFleet({ ledger: fleet.ledger })).toMatchObject({ state: "done", counts: { migrated: 30 } });
});

test("a second run on a tenant of a run under way is refused, one on others is not", async () => {
  const fleet = await fleetOf(4);
  const others = await fleetOf(2);
  const first = await migrateFleet({
    dir: blogDir,
    ...fleet,
    beforeWave: async () => {
      const again = migrateFleet({ dir: blogDir, tenants: fleet.tenants.slice(3), ledger: fleet.ledger });
      await expect(again).rejects.toMatchObject({
        code: "RUN_IN_PROGRESS",
        message: expect.stringContaining(`:${process.pid}`),
      });
      await expect(resumeFleet({ ledger: fleet.ledger })).rejects.toMatchObject({ code: "RUN_IN_PROGRESS" });
      const beside = await migrateFleet({ dir: blogDir, tenants: others.tenants, ledger: fleet.ledger });
      expect(beside.state).toBe("done");
      await expect(resumeFleet({ ledger: fleet.ledger, run: beside.run })).resolves.toMatchObject({ state: "done" });
    },
  });
  expect(first).toMatchObject({ state: "done", counts: { migrated: 4 } });
  expect(await (await runsOf(fleet)).list()).toHaveLength(2);
});

test("a run goes on with the migrations that it began with", async () => {
  const fleet = await fleetOf(4);
  const first = await migrateFleet({ dir: blogDir, ...fleet, to: "0000_blog", beforeWave: () => false });
  expect(first.state).toBe("halted");
  const resumed = await resumeFleet({ ledger: fleet.ledger });
  expect(resumed.tenants[0]).toMatchObject({ applied: ["0000_blog"], pending: ["0001_starter_plan"] });
});

test.each(["killed", "interrupted"] as const)(
  "a run that was %s when all its tenants had ended is ended by resume",
  async (how) => {
    const fleet = await fleetOf(3);
    const { ledger } = fleet;
    await migrateFleet({ dir: blogDir, ...fleet, waves: "1,100%" });
    const client = openFile(ledger);
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await client.batch(
      [
        { sql: "UPDATE litefleet_runs SET holder = ?", args: [`${hostname()}:${pid}`] },
        `UPDATE litefleet_runs SET ended_at = NULL, state = '${how === "killed" ? "running" : "interrupted"}'`,
        `UPDATE litefleet_runs SET waves = json_set(waves, '$[1].state', 'running', '$[1].endedAt', NULL)`,
      ],
      "write",
    );
    client.close();
    const resumed = await resumeFleet({ ledger });
    expect(resumed).toMatchObject({ state: "done", counts: { total: 3, migrated: 3, failed: 0, notStarted: 0 } });
    expect(resumed.waves.map(({ state }) => state)).toEqual(["done", "done"]);
    const runs = await runsOf(fleet);
    expect(await runs.list()).toMatchObject([{ state: "done", waves: [{ state: "done" }, { state: "done" }] }]);
  },
);

test("resume opens tenants with what the ledger keeps, and says what it does not keep", async () => {
  const fleet = await fleetOf(1);
  const tenants = [{ ...fleet.tenants[0]!, encryptionKey: "a very secret key" }];
  await migrateFleet({ dir: blogDir, ...fleet, tenants, beforeRun: () => false });
  expect(await readFile(fleet.ledger, "latin1")).not.toContain("very secret");
  await expect(resumeFleet({ ledger: fleet.ledger })).rejects.toMatchObject({ code: "TARGET_INVALID" });
  await expect(
    resumeFleet({ ledger: fleet.ledger, tenants: [{ name: "other", url: "file:x.db" }] }),
  ).rejects.toMatchObject({
    code: "TARGET_INVALID",
  });
  expect(await resumeFleet({ ledger: fleet.ledger, tenants })).toMatchObject({
    state: "done",
    counts: { migrated: 1 },
  });
});

test("a ledger that cannot be written, or is not there, is an error before anything is changed", async () => {
  const fleet = await fleetOf(1);
  const blocked = path.join(fleet.folder, "text");
  await writeFile(blocked, "This is no database, however long it is.".repeat(200));
  await expect(migrateFleet({ dir: blogDir, ...fleet, ledger: blocked })).rejects.toMatchObject({
    code: "RUN_LEDGER_FAILED",
  });
  await expect(migrateFleet({ dir: blogDir, ...fleet, ledger: path.join(blocked, "runs.db") })).rejects.toMatchObject({
    code: "RUN_LEDGER_FAILED",
  });
  await expect(openRuns({ ledger: path.join(fleet.folder, "none.db") })).rejects.toMatchObject({ code: "RUN_UNKNOWN" });
  await expect(resumeFleet({ ledger: path.join(fleet.folder, "none.db") })).rejects.toMatchObject({
    code: "RUN_UNKNOWN",
  });
  expect(existsSync(path.join(fleet.folder, "none.db"))).toBe(false);
  expect(existsSync(path.join(fleet.folder, "t0.db"))).toBe(false);
});

test.each([
  { waves: "0,100%" },
  { waves: "1,5%" },
  { waves: "5,1,100%" },
  { waves: "5%,5%,100%" },
  { waves: "a,100%" },
  { waves: "101%" },
  { waves: "" },
  { waves: [] },
  { waves: [1.5, "100%"] },
  { canary: ["nobody"] },
  { maxFailures: "5 %" },
  { maxFailures: -1 },
  { pauseMs: -1 },
  { pauseMs: Number.NaN },
  { timeoutMs: 0 },
  { retries: 0.5 },
])("%o is refused before anything is changed", async (options) => {
  const fleet = await fleetOf(20);
  await expect(migrateFleet({ dir: blogDir, ...fleet, ...options })).rejects.toMatchObject({ code: "ROLLOUT_INVALID" });
  expect(existsSync(fleet.ledger)).toBe(false);
});

test("without a ledger nothing is written down, and everything else holds", async () => {
  const { tenants, folder } = await fleetOf(4, ["t0"]);
  const events: string[] = [];
  const result = await migrateFleet({
    dir: blogDir,
    tenants,
    cwd: folder,
    waves: "1,100%",
    onEvent: ({ type }) => void events.push(type),
  });
  expect(result).toMatchObject({ state: "halted", counts: { failed: 1, notStarted: 3 } });
  expect(events).toEqual(["run-start", "wave-start", "tenant-start", "tenant-end", "wave-end", "run-end"]);
  expect(existsSync(path.join(folder, ".litefleet"))).toBe(false);
});
