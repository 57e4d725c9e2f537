import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, expect, test, vi } from "vitest";
import { downFleet, fleetStatus, migrateFleet, openRuns, resumeFleet } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { runCli, startCli } from "./run-node.ts";
import { openFile, scratchFolder, writeFiles } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let dir: string;
let tenants: Tenant[];

beforeEach(async () => {
  folder = await scratchFolder();
  dir = await writeFiles({
    "1_a.sql": "-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\nDROP TABLE a;\n",
    "2_b.sql": "-- migrate:up\nCREATE TABLE b (x);\n-- migrate:down\nDROP TABLE b;\n",
    "3_c.sql": "-- migrate:up\nCREATE TABLE c (x);\n-- migrate:down\nDROP TABLE c;\n",
  });
  tenants = ["one", "two", "three"].map((name) => ({ name, url: `file:${path.join(folder, `${name}.db`)}` }));
  await migrateFleet({ dir, tenants });
});

const applied = async (of = tenants): Promise<number[]> =>
  (await fleetStatus({ dir, tenants: of })).tenants.map((tenant) => tenant.applied.length);

test("a fleet goes back in waves, and the run is written down", async () => {
  const ledger = path.join(folder, "runs.db");
  const result = await downFleet({ dir, tenants, to: "1_a", waves: "1,100%", ledger });
  expect(result).toMatchObject({ state: "done", counts: { total: 3, done: 3, failed: 0, notStarted: 0 } });
  expect(result.waves.map(({ state, size }) => [state, size])).toEqual([
    ["done", 1],
    ["done", 2],
  ]);
  expect(result.tenants).toMatchObject([
    { name: "one", state: "done", result: { state: "reverted", reverted: ["3_c", "2_b"], pending: ["2_b", "3_c"] } },
    { name: "two", state: "done" },
    { name: "three", state: "done" },
  ]);
  expect(await applied()).toEqual([1, 1, 1]);
  const runs = await openRuns({ ledger });
  expect(await runs.list()).toMatchObject([{ id: result.run, command: "down", state: "done" }]);
  await runs.close();
  const again = await downFleet({ dir, tenants, to: "1_a" });
  expect(again.tenants[0]).toMatchObject({ state: "done", result: { state: "unchanged", reverted: [] } });
});

test("what cannot be is refused before any tenant is touched", async () => {
  await expect(downFleet({ dir, tenants, to: "9_z" })).rejects.toMatchObject({ code: "MIGRATION_UNKNOWN" });
  await expect(downFleet({ dir, tenants, steps: 0 })).rejects.toThrow(RangeError);
  await expect(downFleet({ dir, tenants, steps: 1, to: "1_a" })).rejects.toThrow(RangeError);
  const refused = await downFleet({ dir, tenants, allowDestructive: false });
  expect(refused).toMatchObject({ state: "halted", counts: { failed: 3 } });
  expect(refused.tenants[0]).toMatchObject({ state: "failed", error: { code: "DESTRUCTIVE" } });
  const both = ["down", "--dir", dir, "--targets", "*.db", "--steps", "1", "--to", "1_a", "--allow-destructive"];
  expect(await runCli(both, { cwd: folder })).toMatchObject({ code: 1 });
  expect(await applied()).toEqual([3, 3, 3]);
});

test("so many steps back are resumed after kill -9, and never go further than asked", async () => {
  const rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT i FROM n";
  await writeFile(
    path.join(dir, "4_slow.sql"),
    `-- migrate:up\nCREATE TABLE slow (x);\n-- migrate:down\nINSERT INTO slow ${rows};\nDROP TABLE slow;\n`,
  );
  await writeFile(path.join(dir, "5_e.sql"), "-- migrate:up\nCREATE TABLE e (x);\n-- migrate:down\nDROP TABLE e;\n");
  await migrateFleet({ dir, tenants });
  const args = ["--steps", "2", "--tx", "file", "--concurrency", "1", "--allow-destructive"];
  const run = startCli(["down", "--dir", dir, "--targets", "one.db", "two.db", "three.db", ...args], { cwd: folder });
  // Killed after the first of the two steps of the first tenant.
  while ((await applied(tenants.slice(0, 1)))[0] === 5) await sleep(5);
  run.kill("SIGKILL");
  await run.ended;
  expect(await applied()).toEqual([4, 5, 5]);
  const ledger = path.join(folder, ".litefleet", "runs.db");
  const runs = await openRuns({ ledger });
  expect(await runs.get("latest")).toMatchObject({ state: "abandoned" });
  expect((await runs.tenants("latest"))[0]).toMatchObject({ state: "running", undo: ["5_e", "4_slow"] });
  await runs.close();
  expect(await resumeFleet({ ledger })).toMatchObject({ state: "done", counts: { failed: 0, notStarted: 0 } });
  expect(await applied()).toEqual([3, 3, 3]);
  // Again and again: what was done is done.
  expect(await resumeFleet({ ledger })).toMatchObject({ state: "done" });
  expect(await applied()).toEqual([3, 3, 3]);
});

test("what failed is gone back on as it was decided, and not below what was applied since", async () => {
  const ledger = path.join(folder, "runs.db");
  const three = openFile(path.join(folder, "three.db"));
  await three.execute("ALTER TABLE c RENAME TO away");
  expect(await downFleet({ dir, tenants, steps: 2, tx: "file", ledger })).toMatchObject({
    state: "partial",
    counts: { done: 2, failed: 1 },
  });
  expect(await applied()).toEqual([1, 1, 3]);
  await writeFile(path.join(dir, "4_d.sql"), "-- migrate:up\nCREATE TABLE d (x);\n-- migrate:down\nDROP TABLE d;\n");
  await migrateFleet({ dir, tenants });
  const refused = await resumeFleet({ ledger, which: "failed" });
  expect(refused.tenants[2]).toMatchObject({ state: "failed", error: { code: "HISTORY_OUT_OF_ORDER" } });
  expect(await applied()).toEqual([4, 4, 4]);
  await downFleet({ dir, tenants: tenants.slice(2) });
  await three.execute("ALTER TABLE away RENAME TO c");
  three.close();
  expect(await resumeFleet({ ledger, which: "failed" })).toMatchObject({ state: "done" });
  expect(await applied()).toEqual([4, 4, 1]);
});

test("the command line tells a run back as one, also when it goes on", async () => {
  const cli = (...args: string[]) => runCli([...args, "--json"], { cwd: folder });
  const refused = await cli("down", "--dir", dir, "--targets", "*.db", "--steps", "2");
  expect(refused.code).toBe(4);
  expect(JSON.parse(refused.stdout)).toMatchObject({ command: "down", counts: { total: 3, failed: 3 } });
  const retried = await cli("retry", "--failed", "--allow-destructive");
  expect(retried.code).toBe(0);
  expect(JSON.parse(retried.stdout)).toMatchObject({
    command: "retry",
    state: "done",
    counts: { total: 3, done: 3 },
    tenants: [{ state: "done", result: { state: "reverted", reverted: ["3_c", "2_b"] } }, {}, {}],
  });
  expect(await applied()).toEqual([1, 1, 1]);
});

test("a ledger of before lacks a column, which it gets", async () => {
  const ledger = path.join(folder, "runs.db");
  await downFleet({ dir, tenants: tenants.slice(0, 1), ledger });
  const client = openFile(ledger);
  await client.execute("ALTER TABLE litefleet_run_tenants DROP COLUMN undo");
  client.close();
  const before = await openRuns({ ledger });
  expect(await before.tenants("latest")).toMatchObject([{ name: "one", state: "migrated" }]);
  await before.close();
  expect(await downFleet({ dir, tenants, ledger })).toMatchObject({ state: "done" });
});
