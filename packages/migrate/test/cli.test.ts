import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { blogDir, blogMigrations, fillBlog } from "./blog.ts";
import { runCli, startCli } from "./run-node.ts";
import { countsOf, openFile, scratchFolder, writeFolder } from "./scratch.ts";

// Processes and files in numbers take their time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let cwd: string;

beforeEach(async () => {
  cwd = await scratchFolder();
  await mkdir(path.join(cwd, "data"));
});

const up = (...args: string[]) => runCli(["up", "--dir", blogDir, ...args], { cwd });
const status = (...args: string[]) => runCli(["status", "--dir", blogDir, ...args], { cwd });

describe("up", () => {
  test("creates, then migrates, then has nothing to do", async () => {
    const first = await up("--targets", "data/de.db", "--targets", "data/fr.db", "--json");
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      command: "up",
      dir: blogDir,
      source: "drizzle-v0",
      migrations: blogMigrations,
      interrupted: false,
      counts: { total: 2, migrated: 2, upToDate: 0, failed: 0, notStarted: 0 },
      tenants: [
        { name: "de", target: "data/de.db", state: "migrated", applied: blogMigrations, pending: [] },
        { name: "fr", target: "data/fr.db", state: "migrated", applied: blogMigrations, pending: [] },
      ],
    });
    const second = await up("--targets", "data/*.db");
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining("2 up to date already") });
    expect(second.stdout.split("\n")).toEqual([
      "TENANTS  STATE       MIGRATIONS  NAMES",
      "      2  up-to-date  -           de, fr",
      "",
    ]);
    expect((await readdir(path.join(cwd, "data"))).toSorted()).toEqual(["de.db", "fr.db"]);
  });

  test("a file that cannot be migrated ends with 3, the others are done", async () => {
    await writeFile(path.join(cwd, "data/bad.db"), "This is no database. ".repeat(500));
    await writeFile(path.join(cwd, "data/good.db"), "");
    const { code, stdout, stderr } = await up("--targets", "data/*.db");
    expect(code).toBe(3);
    expect(stdout).toMatch(/1\s+failed\s+TENANT_FAILED\s+bad/u);
    expect(stdout).toMatch(/1\s+migrated\s+0000_blog, 0001_starter_plan\s+good/u);
    expect(stderr).toContain("Tenant bad");
    const json = await up("--targets", "data/*.db", "--json");
    expect(json.code).toBe(3);
    expect(JSON.parse(json.stdout)).toMatchObject({
      counts: { upToDate: 1, failed: 1 },
      tenants: [
        { name: "bad", state: "failed", error: { code: "TENANT_FAILED", causeCode: "SQLITE_NOTADB" } },
        { name: "good" },
      ],
    });
  });

  test("--to stops at a migration, and must name one", async () => {
    const partly = await up("--targets", "data/x.db", "--to", "0000_blog", "--json");
    expect(partly.code).toBe(0);
    expect(JSON.parse(partly.stdout)).toMatchObject({ tenants: [{ state: "migrated", applied: ["0000_blog"] }] });
    const unknown = await up("--targets", "data/x.db", "data/y.db", "--to", "0007_blog", "--json");
    expect(unknown.code).toBe(1);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: "MIGRATION_UNKNOWN" } });
    expect(await readdir(path.join(cwd, "data"))).toEqual(["x.db"]);
    expect(await status("--targets", "data/x.db")).toMatchObject({ code: 2 });
  });

  test("row loss is refused, and allowed by name", async () => {
    const dir = await writeFolder({
      "0000_a":
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);" +
        "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
      "0001_b": "DELETE FROM p;",
    });
    const args = ["up", "--dir", dir, "--targets", "data/x.db", "--tx", "file", "--allow-destructive"];
    const refused = await runCli(args, { cwd });
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/ROW_LOSS .*c would go from 1 to 0 rows/u),
    });
    expect(await countsOf(openFile(path.join(cwd, "data/x.db")), "p", "c")).toEqual({ p: 1, c: 1 });
    expect(await runCli([...args, "--allow-row-loss", "c"], { cwd })).toMatchObject({ code: 0 });
  });

  test.each(["sqlite", "turso"] as const)("it runs on %s", async (engine) => {
    expect(await up("--targets", "data/x.db", "--engine", engine)).toMatchObject({ code: 0 });
    expect(await status("--targets", "data/x.db", "--engine", engine)).toMatchObject({ code: 0 });
    const client = openFile(path.join(cwd, "data/x.db"), { engine });
    await fillBlog(client);
    expect(await countsOf(client, "posts")).toEqual({ posts: 3 });
    client.close();
  });

  test("Ctrl-C finishes what is under way, starts nothing more and ends with 130", async () => {
    const writers = await Promise.all(
      ["a", "b"].map(async (name) => {
        const client = openFile(path.join(cwd, `data/${name}.db`));
        await client.execute("CREATE TABLE t (x)");
        return client.transaction("write");
      }),
    );
    await writeFile(path.join(cwd, "data/c.db"), "");
    // Both first tenants wait for a writer, so that it is known what is under way.
    const args = ["up", "--dir", blogDir, "--targets", "data/*.db", "--concurrency", "2", "--json"];
    const running = startCli(args, { cwd });
    await running.says("Migrating 3 tenants");
    running.kill("SIGINT");
    await running.says("Stopping");
    for (const writer of writers) await writer.rollback();
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      interrupted: true,
      counts: { migrated: 2, notStarted: 1 },
      tenants: [{ state: "migrated" }, { state: "migrated" }, { name: "c", state: "not-started" }],
    });
  });
});

describe("status", () => {
  test("0 when all is up to date, 2 when something is pending, 3 when a tenant cannot be read", async () => {
    await up("--targets", "data/de.db");
    expect(await status("--targets", "data/*.db")).toMatchObject({ code: 0 });
    const pending = await status("--targets", "data/*.db", "data/new.db");
    expect(pending.code).toBe(2);
    expect(pending.stdout).toMatch(/1\s+up-to-date\s+0001_starter_plan\s+-\s+de/u);
    expect(pending.stdout).toMatch(/1\s+pending\s+-\s+pending 0000_blog, 0001_starter_plan\s+new/u);
    expect(await readdir(path.join(cwd, "data"))).toEqual(["de.db"]);
    const json = await status("--targets", "data/new.db", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ command: "status", counts: { total: 1, pending: 1 } });
    await writeFile(path.join(cwd, "data/bad.db"), "This is no database. ".repeat(500));
    expect(await status("--targets", "data/*.db")).toMatchObject({ code: 3 });
  });
});

describe("bad input ends with 1, changes nothing and says what to do", () => {
  test.each([
    ["no command", [], /Migrate:\n/u],
    ["an unknown command", ["upp"], /unknown command 'upp'[\s\S]*Did you mean up/u],
    ["help for an unknown command", ["upp", "--help"], /unknown command 'upp'[\s\S]*Did you mean up/u],
    ["help and an unknown command", ["help", "upp"], /unknown command 'upp'[\s\S]*Did you mean up/u],
    ["an unknown command of a group", ["prisma", "dif"], /unknown command 'dif'[\s\S]*Did you mean diff/u],
    ["an unknown flag", ["up", "--dirr", "x"], /unknown option '--dirr'[\s\S]*Did you mean --dir/u],
    ["a flag left out", ["up", "--targets", "x.db"], /'--dir <folder>' not specified/u],
    ["an argument too many", ["up", "x", "--dir", "d", "--targets", "x.db"], /too many arguments/u],
    ["a number that is none", ["up", "--dir", "d", "--targets", "x.db", "--concurrency", "many"], /whole number/u],
    [
      "an engine that is none",
      ["up", "--dir", "d", "--targets", "x.db", "--engine", "oracle"],
      /libsql, sqlite, turso/u,
    ],
    ["a folder that is not there", ["up", "--dir", "nowhere", "--targets", "x.db"], /nowhere cannot be read/u],
    ["a folder of something else", ["up", "--dir", "data", "--targets", "x.db"], /drizzle-kit generate/u],
    ["a glob without files", ["up", "--dir", blogDir, "--targets", "data/*.db"], /No file matches data\/\*\.db/u],
    ["the folder of a new file is not there", ["up", "--dir", blogDir, "--targets", "nowhere/x.db"], /no folder/u],
  ])("%s", async (_, args, text) => {
    const { code, stdout, stderr } = await runCli(args, { cwd });
    expect(stderr).toMatch(text);
    expect(stdout).toBe("");
    expect(code).toBe(1);
    expect(await readdir(path.join(cwd, "data"))).toEqual([]);
  });

  test("with --json the error is a document too", async () => {
    const { code, stdout } = await up("--targets", "data/*.db", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "NO_TARGETS" } });
  });
});

test("a token comes from the environment and is shown nowhere", async () => {
  const { code, stdout, stderr } = await runCli(
    ["up", "--dir", blogDir, "--targets", "http://u:hidden@127.0.0.1:9", "--json"],
    {
      cwd,
      env: { LIBSQL_AUTH_TOKEN: "very-secret" },
    },
  );
  expect(code).toBe(3);
  expect(stdout + stderr).not.toMatch(/very-secret|hidden/u);
});

test("--help and --version go to stdout", async () => {
  for (const args of [["--help"], ["up", "--help"], ["status", "--help"]]) {
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    expect(stdout).toContain("npx litefleet-migrate");
    // That of everything stays short, that of a command with many options is longer.
    expect(stdout.split("\n").length).toBeLessThan(args.length === 1 ? 65 : 120);
  }
  expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u) });
});

test("colours are for terminals, FORCE_COLOR and not for NO_COLOR", async () => {
  const escape = "\u001b[";
  const args = ["status", "--dir", blogDir, "--targets", "data/x.db"];
  expect((await runCli(args, { cwd })).stdout).not.toContain(escape);
  expect((await runCli(args, { cwd, env: { FORCE_COLOR: "1" } })).stdout).toContain(escape);
  expect((await runCli(args, { cwd, env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain(escape);
});
