import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { loadConfig } from "../src/config/load-config.ts";
import { findSetUp } from "../src/scaffold/find-set-up.ts";
import { runCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 120_000 });

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await scratchFolder();
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(cwd, file)), { recursive: true });
    await writeFile(path.join(cwd, file), text);
  }
  return cwd;
}

const journal = JSON.stringify({ version: "7", dialect: "sqlite", entries: [] });
const found = [
  [
    "drizzle-kit's own configuration",
    {
      "drizzle.config.ts": 'export default defineConfig({ schema: "x.ts", out: "./db/moves" });',
      "db/moves/meta/_journal.json": journal,
    },
    { dir: "db/moves", source: "drizzle-v0" },
  ],
  ["a configuration without migrations yet", { "drizzle.config.ts": "export default {}" }, { dir: "drizzle" }],
  [
    "Prisma",
    { "prisma/migrations/20260101000000_a/migration.sql": "SELECT 1;", "prisma/schema.prisma": "" },
    { dir: "prisma/migrations", source: "prisma" },
  ],
  [
    "Prisma 7's configuration",
    { "prisma.config.ts": 'export default defineConfig({ migrations: { seed: "x", path: "sql/prisma" } });' },
    { dir: "sql/prisma" },
  ],
  [
    "Kysely",
    { "src/migrations/001_a.ts": "export async function up() {}" },
    { dir: "src/migrations", source: "kysely" },
  ],
  [
    "kysely-ctl's configuration",
    { "kysely.config.ts": 'export default { migrations: { migrationFolder: "moves" } }' },
    { dir: "moves" },
  ],
  [
    "plain SQL",
    { "db/migrations/20260101000000_a.sql": "-- migrate:up\n-- migrate:down\n" },
    { dir: "db/migrations", source: "dbmate" },
  ],
  ["D1", { "wrangler.toml": "", "migrations/0001_a.sql": "SELECT 1;" }, { dir: "migrations", source: "d1" }],
  ["a package alone", { "package.json": '{ "devDependencies": { "drizzle-kit": "1" } }' }, { dir: "drizzle" }],
  ["nothing", {}, { dir: "migrations", databases: 0, targets: "data/*.db" }],
  [
    "databases",
    {
      "tenants/a.sqlite": "",
      "tenants/b.sqlite": "",
      "x.db": "",
      "node_modules/p/a.db": "",
      "node_modules/p/b.db": "",
      "node_modules/p/c.db": "",
    },
    { targets: "tenants/*.sqlite", databases: 2 },
  ],
] as const;

describe("init finds", () => {
  test.each(found)("%s", async (_, files, expected) => {
    expect(await findSetUp(await project(files))).toMatchObject(expected);
  });
});

test("what it writes is a configuration that loads, and that new and doctor take", async () => {
  const cwd = await project({ "db/migrations/0001_a.sql": "CREATE TABLE a (x);", "data/a.db": "" });
  expect(await runCli(["init"], { cwd })).toMatchObject({ code: 0, stdout: "litefleet.config.ts\n" });
  await linkPackage(cwd);
  expect(await runCli(["new", "more"], { cwd })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("0002_more.sql"),
  });
  const { code, stdout } = await runCli(["up", "--json"], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    source: "numbered",
    tenants: [{ name: "a", applied: ["0001_a", "0002_more"] }],
  });
  expect(await runCli(["doctor"], { cwd })).toMatchObject({ code: 0 });
});

/** As an install does it. */
async function linkPackage(cwd: string): Promise<void> {
  await mkdir(path.join(cwd, "node_modules/@litefleet"), { recursive: true });
  await symlink(fileURLToPath(new URL("..", import.meta.url)), path.join(cwd, "node_modules/@litefleet/migrate"));
}

test("names with quotes and backslashes do not break it", async () => {
  const cwd = await project({ "drizzle.config.json": JSON.stringify({ out: "./a b" }), 'x"y\\z/a.db': "" });
  expect(await runCli(["init"], { cwd })).toMatchObject({ code: 0 });
  await linkPackage(cwd);
  const loaded = await loadConfig(cwd);
  expect(loaded?.values).toMatchObject({ dir: "a b", targets: [expect.any(String)] });
});

test.each(["litefleet.config.ts", "litefleet.config.json"])("%s is never overwritten", async (file) => {
  const cwd = await project({ [file]: "mine" });
  const { code, stdout } = await runCli(["init", "--json"], { cwd });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "FILE_EXISTS" } });
  expect(await readFile(path.join(cwd, file), "utf8")).toBe("mine");
  expect(await readdir(cwd)).toEqual([file]);
});
