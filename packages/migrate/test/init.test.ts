import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { runCli } from "./run-node.ts";
import { scratchFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

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
    const cwd = await project(files);
    const { code, stdout, stderr } = await runCli(["init", "--json"], { cwd });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command: "init", file: "litefleet.config.ts", ...expected });
  });
});

test.each(["litefleet.config.ts", "litefleet.config.json"])("%s is never overwritten", async (file) => {
  const cwd = await project({ [file]: "mine" });
  const { code, stdout } = await runCli(["init", "--json"], { cwd });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "FILE_EXISTS" } });
  expect(await readFile(path.join(cwd, file), "utf8")).toBe("mine");
  expect(await readdir(cwd)).toEqual([file]);
});
