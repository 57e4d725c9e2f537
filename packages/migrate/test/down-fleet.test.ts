import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { downFleet, fleetStatus, migrateFleet, openRuns } from "../src/index.ts";
import type { Tenant } from "../src/index.ts";
import { runCli } from "./run-node.ts";
import { scratchFolder, writeFiles } from "./scratch.ts";

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

const applied = async (): Promise<number[]> =>
  (await fleetStatus({ dir, tenants })).tenants.map((tenant) => tenant.applied.length);

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
