import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { runCli } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFiles } from "./scratch.ts";

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let cwd: string;
let dir: string;

beforeEach(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
  dir = await writeFiles({
    "1_a.sql": "-- migrate:up\nCREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n-- migrate:down\nDROP TABLE a;\n",
    "2_b.sql": "-- migrate:up\nCREATE TABLE b (x);\n-- migrate:down\nDROP TABLE b;\n",
  });
});

async function cli(
  command: string,
  ...args: readonly string[]
): Promise<{ code: number | null; out: unknown; text: string }> {
  const targets = command === "lint" ? [] : ["--targets", "data/x.db"];
  const { code, stdout, stderr } = await runCli([command, "--dir", dir, ...targets, ...args, "--json"], { cwd });
  return { code, out: stdout === "" ? undefined : JSON.parse(stdout), text: stderr };
}

test("plan, up, down and back: codes and documents", async () => {
  expect(await cli("plan")).toMatchObject({
    code: 2,
    out: { command: "plan", tenants: [{ name: "x", result: { state: "pending", migrations: ["1_a", "2_b"] } }] },
  });
  expect(await cli("up", "--dry-run", "--to", "1_a")).toMatchObject({ code: 2, out: { command: "plan" } });
  expect(await readdir(path.join(cwd, "data"))).toEqual([]);
  expect(await cli("down", "--allow-destructive")).toMatchObject({
    code: 3,
    out: { tenants: [{ error: { code: "TARGET_INVALID" } }] },
  });
  expect(await readdir(path.join(cwd, "data"))).toEqual([]);
  expect(await cli("up", "--source", "sql")).toMatchObject({ code: 0 });
  expect(await cli("plan")).toMatchObject({ code: 0, out: { counts: { done: 1 } } });
  expect(await cli("down")).toMatchObject({ code: 4, out: { tenants: [{ error: { code: "DESTRUCTIVE" } }] } });
  expect(await cli("down", "--allow-destructive")).toMatchObject({
    code: 0,
    out: { tenants: [{ result: { reverted: ["2_b"] } }] },
  });
  expect(await cli("down", "--to", "0", "--allow-destructive")).toMatchObject({
    code: 0,
    out: { tenants: [{ result: { reverted: ["1_a"] } }] },
  });
  const plain = await runCli(["plan", "--dir", dir, "--targets", "data/x.db"], { cwd });
  expect(plain.stdout).toContain("INSERT INTO a VALUES (1);");
});

test("without a terminal what takes data away wants a flag", async () => {
  await cli("up");
  dir = await writeFiles({
    "1_a.sql": "-- migrate:up\nCREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n-- migrate:down\nDROP TABLE a;\n",
    "2_b.sql": "-- migrate:up\nCREATE TABLE b (x);\n-- migrate:down\nDROP TABLE b;\n",
    "3_c.sql": "-- migrate:up\nDROP TABLE a;\n-- migrate:down\n",
  });
  expect(await cli("up")).toMatchObject({
    code: 4,
    out: { tenants: [{ state: "failed", error: { code: "DESTRUCTIVE", migration: "3_c" } }] },
  });
  const client = openFile(path.join(cwd, "data/x.db"));
  expect(await countsOf(client, "a")).toEqual({ a: 1 });
  client.close();
  const plan = await runCli(["plan", "--dir", dir, "--targets", "data/x.db"], { cwd });
  expect(plan.stdout).toMatch(/touches a \(1 rows\)[\s\S]*destructive .*3_c\.sql:2 drops the table a/u);
  expect(await cli("up", "--allow-destructive")).toMatchObject({ code: 0 });
});

test("lint: codes and formats", async () => {
  expect(await cli("lint")).toMatchObject({ code: 0, out: { command: "lint", ok: true, findings: [] } });
  dir = await writeFiles({ "1_a.sql": "DROP TABLE a;\nCREATE TABLE a (x);\nVACUUM;" });
  expect(await cli("lint")).toMatchObject({
    code: 2,
    out: { ok: false, findings: [{ rule: "drop-table", line: 1 }, {}, {}] },
  });
  const github = await runCli(["lint", "--dir", dir, "--format", "github", "--for", "sqld"], { cwd });
  expect(github.code).toBe(2);
  expect(github.stdout.split("\n").slice(0, 2)).toEqual([
    expect.stringMatching(/^::error file=.*1_a\.sql,line=1,title=litefleet drop-table::/u),
    expect.stringMatching(/^::error file=.*1_a\.sql,line=3,title=litefleet refused-by-sqld::/u),
  ]);
  const pretty = await runCli(["lint", "--dir", dir], { cwd });
  expect(pretty.stdout).toMatch(/1_a\.sql\n {5}1 {2}error/u);
  expect((await runCli(["lint", "--dir", dir, "--for", "oracle"], { cwd })).code).toBe(1);
});

test("baseline, verify, repair and resolve", async () => {
  const client = openFile(path.join(cwd, "data/x.db"));
  await client.execute("CREATE TABLE a (x)");
  client.close();
  expect(await cli("baseline", "--at", "1_a")).toMatchObject({
    code: 0,
    out: { tenants: [{ result: { recorded: ["1_a"] } }] },
  });
  expect(await cli("verify")).toMatchObject({
    code: 0,
    out: { tenants: [{ result: { ok: true, pending: ["2_b"] } }] },
  });
  dir = await writeFiles({
    "1_a.sql": "-- migrate:up\nCREATE TABLE a (x, y);\n-- migrate:down\nDROP TABLE a;\n",
    "2_b.sql": "-- migrate:up\nCREATE TABLE b (x);\n-- migrate:down\nDROP TABLE b;\n",
  });
  expect(await cli("verify")).toMatchObject({
    code: 2,
    out: { tenants: [{ result: { ok: false, problems: [{ kind: "edited", migration: "1_a" }] } }] },
  });
  expect(await cli("repair")).toMatchObject({ code: 0, out: { tenants: [{ result: { rehashed: ["1_a"] } }] } });
  expect(await cli("verify")).toMatchObject({ code: 0 });
  expect(await cli("resolve", "--applied", "2_b")).toMatchObject({
    code: 0,
    out: { tenants: [{ result: { changed: true } }] },
  });
  expect(await cli("status")).toMatchObject({ code: 0 });
  expect(await cli("resolve", "--rolled-back", "2_b")).toMatchObject({ code: 0 });
  expect(await cli("resolve")).toMatchObject({ code: 1 });
  expect(await cli("baseline")).toMatchObject({ code: 1, text: expect.stringContaining("--at <name>") });
});
