import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Check } from "../src/doctor/check.ts";
import { checkNode, checkOpenFiles } from "../src/doctor/check-machine.ts";
import { isInRange } from "../src/doctor/version-range.ts";
import { migrateFleet } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { runCli } from "./run-node.ts";
import { openFile, scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

let cwd: string;

beforeEach(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
  await writeFile(path.join(cwd, "litefleet.config.json"), JSON.stringify({ dir: blogDir, targets: ["data/*.db"] }));
  const client = openFile(path.join(cwd, "data/a.db"));
  await client.execute("PRAGMA journal_mode = WAL");
  client.close();
});

async function doctor(...args: string[]): Promise<{
  readonly code: number | null;
  readonly checks: readonly Check[];
  check(name: string): Check | undefined;
}> {
  const { code, stdout, stderr } = await runCli(["doctor", "--json", ...args], { cwd });
  expect(stdout, stderr).not.toBe("");
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  return { code, checks, check: (name) => checks.find((one) => one.name === name) };
}

test("a set-up that is well, and nothing is changed", async () => {
  const before = await readdir(cwd, { recursive: true });
  const { code, checks } = await doctor();
  expect(checks.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "node",
      "configuration",
      "migrations",
      "engine",
      "tenants",
      "journal mode",
      "run ledger",
      "open files",
    ]),
  );
  expect(code).toBe(0);
  expect(await readdir(cwd, { recursive: true })).toEqual(before);
  const text = await runCli(["doctor"], { cwd });
  expect(text).toMatchObject({ code: 0, stderr: "Ready.\n" });
});

describe("what is wrong comes with its cure", () => {
  const expectProblem = async (name: string, ...args: string[]): Promise<Check> => {
    const { code, check } = await doctor(...args);
    expect(check(name)).toMatchObject({ state: "problem", cure: expect.stringMatching(/\w/u) });
    expect(code).toBe(2);
    return check(name)!;
  };

  test("a configuration that cannot be loaded; the rest is still looked at", async () => {
    await writeFile(path.join(cwd, "litefleet.config.json"), "{");
    expect((await expectProblem("configuration")).message).toContain("litefleet.config.json");
    expect((await doctor()).check("migrations")).toMatchObject({ state: "problem" });
  });

  test("no configuration is a warning alone, where flags say it all", async () => {
    await rm(path.join(cwd, "litefleet.config.json"));
    const { code, check } = await doctor("--dir", blogDir, "--targets", "data/*.db");
    expect(check("configuration")).toMatchObject({ state: "warning", cure: expect.stringContaining("init") });
    expect(code).toBe(0);
    await expectProblem("tenants", "--dir", blogDir);
  });

  test("a folder of something else, a glob without files, a file that is no database, a server that is not there", async () => {
    await expectProblem("migrations", "--dir", "data");
    await expectProblem("tenants", "--targets", "nowhere/*.db");
    await writeFile(path.join(cwd, "data/bad.db"), "This is no database. ".repeat(500));
    expect(await expectProblem("tenants")).toMatchObject({
      message: expect.stringContaining("bad"),
      cure: expect.stringContaining("--exclude"),
    });
    const { message } = await expectProblem("tenants", "--targets", "http://u:hidden@127.0.0.1:9");
    expect(message).not.toContain("hidden");
  });

  test.skipIf(process.getuid?.() === 0)(
    "a file that may not be written (skipped for root, who may write everything)",
    async () => {
      await chmod(path.join(cwd, "data/a.db"), 0o444);
      await expectProblem("tenants");
    },
  );

  test("a file that is not in WAL mode, an older package, an open run: warnings", async () => {
    const client = openFile(path.join(cwd, "data/b.db"));
    await client.execute("PRAGMA journal_mode = DELETE");
    await client.execute("CREATE TABLE t (x)");
    client.close();
    await mkdir(path.join(cwd, "node_modules/kysely"), { recursive: true });
    await writeFile(path.join(cwd, "node_modules/kysely/package.json"), '{ "version": "0.27.6" }');
    const stop = new AbortController();
    const afterTenant = (): void => stop.abort();
    await migrateFleet({
      dir: blogDir,
      targets: "data/*.db",
      cwd,
      ledger: ".litefleet/runs.db",
      concurrency: 1,
      signal: stop.signal,
      afterTenant,
    });
    const { code, check } = await doctor();
    expect(check("journal mode")).toMatchObject({ state: "warning", message: expect.stringContaining("(b)") });
    expect(check("kysely")).toMatchObject({ state: "warning", message: expect.stringContaining("0.27.6") });
    expect(check("run ledger")).toMatchObject({ state: "warning", cure: expect.stringContaining("resume") });
    expect(code).toBe(0);
  });

  test("an old Node, too few open files", async () => {
    expect(await checkNode("22.17.1")).toMatchObject({ state: "problem", cure: expect.stringContaining("22.18") });
    expect(await checkNode("24.0.0")).toMatchObject({ state: "ok" });
    expect(await checkOpenFiles(100_000_000)).toMatchObject({
      state: "problem",
      cure: expect.stringContaining("ulimit"),
    });
  });
});

test.each([
  ["0.29.9", "^0.29.0", true],
  ["0.30.0", "^0.29.0", false],
  ["0.28.9", "^0.29.0", false],
  ["2.0.5", "^2.0.0", true],
  ["3.0.0", "^2.0.0", false],
  ["1.9.9", "^2.0.0", false],
  ["2.1.0-rc.1", "^2.0.0", true],
  ["24.1.0", ">=22.18", true],
  ["22.9.0", ">=22.18", false],
  ["1.0.0", "workspace:^", true],
  ["1.0.0", "*", true],
])("%s in %s: %s", (version, range, expected) => {
  expect(isInRange(version, range)).toBe(expected);
});
