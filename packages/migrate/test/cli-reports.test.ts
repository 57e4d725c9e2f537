import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { blogDir } from "./blog.ts";
import { runCli, startCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

// Processes in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let cwd: string;

/** Two tenants that can be migrated, and one that cannot. */
beforeEach(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
  await writeFile(path.join(cwd, "data/bad.db"), "This is no database. ".repeat(500));
  await writeFile(path.join(cwd, "data/good.db"), "");
  await writeFile(path.join(cwd, "data/well.db"), "");
});

const up = (...args: string[]) => runCli(["up", "--dir", blogDir, "--targets", "data/*.db", ...args], { cwd });

test("--ndjson: a line for the run, each wave and each tenant; people get the rest on stderr", async () => {
  const { code, stdout, stderr } = await up("--ndjson", "--canary", "good");
  expect(code).toBe(3);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; tenant?: unknown });
  expect(lines.map(({ type }) => type)).toEqual([
    "run-start",
    "wave-start",
    "tenant-end",
    "wave-end",
    "wave-start",
    "tenant-end",
    "tenant-end",
    "wave-end",
    "run-end",
  ]);
  expect(lines[2]).toMatchObject({ tenant: { name: "good", state: "migrated" } });
  expect(lines.at(-1)).toMatchObject({ run: { state: "partial", counts: { total: 3, migrated: 2, failed: 1 } } });
  expect(stderr).toContain("Begins wave 1 of 2 (canary): 1 tenant");
  expect(stderr).toContain("2 migrated");
  const failed = await runCli(["up", "--dir", "nowhere", "--targets", "x.db", "--reporter", "ndjson"], { cwd });
  expect(JSON.parse(failed.stdout)).toMatchObject({ type: "error", error: { code: "DIR_INVALID" } });
});

test("--reporter github: annotations, and a summary of the step", async () => {
  const summary = path.join(cwd, "summary.md");
  await writeFile(summary, "before\n");
  const args = ["up", "--dir", blogDir, "--targets", "data/*.db", "--reporter", "github"];
  const { code, stdout } = await runCli(args, { cwd, env: { GITHUB_STEP_SUMMARY: summary } });
  expect(code).toBe(3);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^::error title=litefleet up%3A TENANT_FAILED::Tenant bad/u);
  expect(lines[1]).toMatch(/^::error title=litefleet up::partial: 3 tenants/u);
  expect(await readFile(summary, "utf8")).toMatch(
    /^before\n### litefleet-migrate up: partial[\s\S]*\| 3 \| 2 \| 0 \| 1 \| 0 \|/u,
  );
});

test("--junit and --html, beside what stdout gets; show writes them later", async () => {
  const { stdout } = await up("--json", "--junit", "run.xml", "--html", "run.html");
  expect(JSON.parse(stdout)).toMatchObject({ command: "up", counts: { migrated: 2, failed: 1 } });
  const xml = await readFile(path.join(cwd, "run.xml"), "utf8");
  const suites = new DOMParser().parseFromString(xml, "text/xml").documentElement!;
  expect([suites.getAttribute("tests"), suites.getAttribute("failures")]).toEqual(["3", "1"]);
  const html = await readFile(path.join(cwd, "run.html"), "utf8");
  expect(html).toMatch(/"name":"good"/u);
  expect(await runCli(["show", "--junit", "again.xml", "--html", "again.html"], { cwd })).toMatchObject({ code: 0 });
  expect(await readFile(path.join(cwd, "again.xml"), "utf8")).toBe(xml);
  const tenantsOf = (text: string): unknown => {
    const data: { tenants: unknown } = JSON.parse(/id="data">(.*?)<\/script>/u.exec(text)?.[1] ?? "");
    return data.tenants;
  };
  const again = await readFile(path.join(cwd, "again.html"), "utf8");
  expect(tenantsOf(again)).toEqual(tenantsOf(html));
  expect(tenantsOf(html)).toHaveLength(3);
});

test.each([
  ["--json", "--ndjson"],
  ["--ndjson", "--reporter", "github"],
  ["--reporter", "xml"],
  ["--junit", "no/such/folder.xml"],
  ["--html", "data"],
])("%s %s %s cannot be, and nothing is run", async (...args) => {
  expect(await up(...args.filter((arg) => arg !== undefined))).toMatchObject({ code: 1 });
  expect(await readdir(cwd)).toEqual(["data"]);
});

test("a tenant that fails a thousand times over is told in one line", async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      writeFile(path.join(cwd, `data/bad-${i}.db`), "no database at all".repeat(100)),
    ),
  );
  const { stderr } = await up();
  const lines = stderr.split("\n").filter((line) => line.includes("TENANT_FAILED"));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("(41 tenants: bad-0, bad-1, bad-10 and 38 more)");
});

describe("dashboard", () => {
  test("serves the ledger's runs until Ctrl-C, before there is one too, and no secret", async () => {
    const env = { LIBSQL_AUTH_TOKEN: "very-secret-token" };
    const dashboard = startCli(["dashboard", "--json"], { cwd, env });
    await dashboard.says("Ctrl-C ends it");
    const port = await dashboard.stdoutOf(/"url":"(http:\/\/127\.0\.0\.1:\d+\/)"/u);
    await runCli(
      ["up", "--dir", blogDir, "--targets", "data/*.db", "http://u:hidden-secret@127.0.0.1:9/x", "--retries", "0"],
      { cwd, env },
    );
    const page = await (await fetch(port)).text();
    const stream = await fetch(`${port}events`);
    let told = "";
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
      told += chunk;
      if (told.includes("event: snapshot") && told.endsWith("\n\n")) break;
    }
    expect(told).toMatch(/"name":"good"/u);
    expect(page + told).not.toMatch(/very-secret-token|hidden-secret/u);
    const taken = await runCli(["dashboard", "--port", new URL(port).port], { cwd });
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining("Give another one") });
    dashboard.kill("SIGINT");
    expect(await dashboard.ended).toMatchObject({ code: 0 });
  });

  test("a run that is not there and a port that cannot be are errors", async () => {
    await up();
    expect(await runCli(["dashboard", "--run", "2099"], { cwd })).toMatchObject({ code: 1 });
    expect(await runCli(["dashboard", "--port", "70000"], { cwd })).toMatchObject({ code: 1 });
  });
});
