import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { openRuns } from "../src/index.ts";
import type { RunRecord } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { runCli, startCli } from "./run-node.ts";
import type { Ended } from "./run-node.ts";
import { openFile, scratchFolder, writeFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A folder with so many empty tenants; `broken` ones have a table that is in the way. */
async function fleetOf(count: number, broken: readonly string[] = []): Promise<string> {
  const cwd = await scratchFolder();
  for (let i = 0; i < count; i += 1) {
    const client = openFile(path.join(cwd, `t${i}.db`));
    await client.execute(broken.includes(`t${i}`) ? "CREATE TABLE posts (x)" : "CREATE TABLE own (x)");
    client.close();
  }
  return cwd;
}

const fleet = ["--dir", blogDir, "--targets", "*.db"];

function json({ stdout }: Ended): unknown {
  return JSON.parse(stdout);
}

async function latest(cwd: string): Promise<RunRecord | undefined> {
  const runs = await openRuns({ cwd });
  const run = await runs.get("latest");
  await runs.close();
  return run;
}

async function until(cwd: string, isSo: (run: RunRecord) => boolean): Promise<void> {
  for (;;) {
    const run = await latest(cwd).catch(() => undefined);
    if (run !== undefined && isSo(run)) return;
    await sleep(10);
  }
}

test("budget exceeded: 4, and what is written down; without waves: 3; retry --failed does the rest", async () => {
  const cwd = await fleetOf(6, ["t1"]);
  const halted = await runCli(["up", ...fleet, "--canary", "t5", "--waves", "2,100%", "--json"], { cwd });
  expect(halted.code).toBe(4);
  expect(json(halted)).toMatchObject({
    command: "up",
    state: "halted",
    counts: { total: 6, migrated: 2, failed: 1, notStarted: 3 },
    waves: [
      { label: "canary", state: "done", size: 1 },
      { label: "2", state: "halted", size: 2 },
      { label: "100%", state: "waiting", size: 3 },
    ],
  });
  const partial = await runCli(["up", ...fleet, "--json"], { cwd });
  expect(partial.code).toBe(3);
  expect(json(partial)).toMatchObject({ state: "partial", counts: { migrated: 3, upToDate: 2, failed: 1 } });
  await openFile(path.join(cwd, "t1.db")).execute("DROP TABLE posts");
  expect((await runCli(["retry"], { cwd })).code).toBe(1);
  const retried = await runCli(["retry", "--failed", "--json"], { cwd });
  expect(retried.code).toBe(0);
  expect(json(retried)).toMatchObject({ command: "retry", state: "done", counts: { migrated: 4, failed: 0 } });

  const listed = json(await runCli(["runs", "--json"], { cwd }));
  expect(listed).toMatchObject({ command: "runs", runs: [{ state: "done" }, { state: "halted" }] });
  const { id } = (listed as { runs: RunRecord[] }).runs[1]!;
  const shown = await runCli(["show", id, "--json"], { cwd });
  expect(json(shown)).toMatchObject({ command: "show", run: { id, state: "halted" } });
  expect((json(shown) as { tenants: unknown[] }).tenants).toHaveLength(6);
  const text = await runCli(["show", id], { cwd });
  expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining("canary") });
  expect((await runCli(["show", "nothing"], { cwd })).code).toBe(1);
  expect(await readdir(path.join(cwd, ".litefleet"))).toContain(".gitignore");
});

test("a run under way refuses another one with 5; Ctrl-C saves it with 130; resume ends it", async () => {
  const cwd = await fleetOf(4);
  const first = startCli(["up", ...fleet, "--waves", "1,100%", "--pause", "1h"], { cwd });
  await until(cwd, ({ waves }) => waves[0]?.state === "done");
  for (const command of [["up", ...fleet], ["up", "--dir", blogDir, "--targets", "t3.db"], ["resume"]]) {
    const second = await runCli(command, { cwd });
    expect(second).toMatchObject({ code: 5, stdout: "" });
    expect(second.stderr).toContain(String((await latest(cwd))?.holder));
  }
  expect((await runCli(["status", ...fleet], { cwd })).code).toBe(2);
  first.kill("SIGINT");
  expect((await first.ended).code).toBe(130);
  expect(await latest(cwd)).toMatchObject({ state: "interrupted", counts: { migrated: 1, waiting: 3, running: 0 } });
  const resumed = await runCli(["resume", "--pause", "0", "--json"], { cwd });
  expect(resumed.code).toBe(0);
  expect(json(resumed)).toMatchObject({ command: "resume", state: "done", counts: { migrated: 4 } });
});

test("a holder that has died is noticed by the next run", async () => {
  const cwd = await fleetOf(3);
  const first = startCli(["up", ...fleet, "--waves", "1,100%", "--pause", "1h"], { cwd });
  await until(cwd, ({ waves }) => waves[0]?.state === "done");
  first.kill("SIGKILL");
  await first.ended;
  expect((await latest(cwd))?.state).toBe("abandoned");
  expect((await runCli(["up", ...fleet], { cwd })).code).toBe(0);
  const runs = await openRuns({ cwd });
  expect(await runs.list()).toMatchObject([{ state: "done" }, { state: "abandoned", counts: { waiting: 2 } }]);
  await runs.close();
});

test.each([
  ["--waves", "1,x"],
  ["--waves", "1,2"],
  ["--pause", "soon"],
  ["--max-failures", "101%"],
  ["--on-error", "wait"],
  ["--retries", "-1"],
  ["--timeout", "0"],
  ["--canary", "nobody"],
])("%s %s is an error, and nothing is changed", async (...flags) => {
  const cwd = await fleetOf(3);
  expect(await runCli(["up", ...fleet, ...flags], { cwd })).toMatchObject({ code: 1, stdout: "" });
  expect(existsSync(path.join(cwd, ".litefleet"))).toBe(false);
});

test("--no-ledger writes nothing down", async () => {
  const cwd = await fleetOf(1);
  expect((await runCli(["up", ...fleet, "--no-ledger"], { cwd })).code).toBe(0);
  expect(existsSync(path.join(cwd, ".litefleet"))).toBe(false);
  expect((await runCli(["runs"], { cwd })).code).toBe(1);
});

test("a run goes on where its folder lies elsewhere now, and with what it was not allowed before", async () => {
  const cwd = await fleetOf(2);
  await writeFolder(
    { "0000_a": "CREATE TABLE old (x);", "0001_b": "DROP TABLE own;" },
    {
      dir: path.join(cwd, "before"),
    },
  );
  const refused = await runCli(["up", "--dir", "before", "--targets", "*.db"], { cwd });
  expect(refused.code).toBe(4);
  await rename(path.join(cwd, "before"), path.join(cwd, "after"));
  expect((await runCli(["retry", "--failed"], { cwd })).code).toBe(1);
  expect((await runCli(["retry", "--failed", "--dir", "after"], { cwd })).code).toBe(4);
  const allowed = await runCli(["retry", "--failed", "--dir", "after", "--allow-destructive", "--json"], { cwd });
  expect(json(allowed)).toMatchObject({ state: "done", counts: { migrated: 2, failed: 0 } });
  // The configuration's folder is that of new runs.
  await writeFile(path.join(cwd, "litefleet.config.json"), JSON.stringify({ dir: "other" }));
  expect((await runCli(["retry", "--failed", "--dir", "after"], { cwd })).code).toBe(0);
  expect((await runCli(["resume"], { cwd })).code).toBe(0);
});

test.skipIf(process.platform === "win32").each([
  ["stdout", "--ndjson 2>/dev/null | head -1"],
  ["both", "--ndjson 2>&1 | head -1"],
])(
  "a run goes on to its end when nobody reads what it says any more: %s (skipped on Windows: no sh)",
  async (_, rest) => {
    const cwd = await fleetOf(30);
    const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
    const command = `"$0" "$1" up --dir "$2" --targets '*.db' --concurrency 1 ${rest}`;
    await promisify(execFile)("sh", ["-c", command, process.execPath, bin, blogDir], { cwd });
    await until(cwd, ({ state }) => state !== "running");
    expect(await latest(cwd)).toMatchObject({ state: "done", counts: { migrated: 30 } });
  },
);
