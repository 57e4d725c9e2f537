import { cp, mkdir, readdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { loadMigrations, migrate } from "../src/index.ts";
import { newMigration } from "../src/scaffold/new-migration.ts";
import { nextNumber } from "../src/scaffold/next-number.ts";
import { blogDir, blogV1Dir } from "./blog.ts";
import { failure } from "./failure.ts";
import { runCli, startNode } from "./run-node.ts";
import { scratchClient, scratchFolder, writeFiles } from "./scratch.ts";

// drizzle-kit takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const now = new Date("2026-12-24T18:30:05.123Z");

describe("nextNumber", () => {
  test.each([
    [["0001", "0002"], "0003"],
    [["1"], "2"],
    [["9"], "10"],
    [["0099"], "0100"],
    [["000001", "000010"], "000011"],
    [["20260101120000"], "20261224183005"],
    [["20991231235959"], "20991231235960"],
    [["1700000000000"], "1798137005123"],
    [["1700000000"], "1798137005"],
    [["12345678901234567890123"], "12345678901234567890124"],
    [[], "first"],
  ])("%j is followed by %s", (used, next) => {
    expect(nextNumber(used, now, "first")).toBe(next);
  });
});

/** A folder of each format with one migration, and what the next one is called. */
const folders = [
  [
    "prisma",
    { "20260101120000_a/migration.sql": "CREATE TABLE a (x);" },
    ["20261224183005_add_plans/migration.sql", "migration_lock.toml"],
  ],
  ["kysely", { "1700000000000_a.ts": "export async function up() {}" }, ["1798137005123_add_plans.ts"]],
  ["kysely", { "001-a.js": "export async function up() {}" }, ["002-add_plans.js"]],
  ["kysely", { "2026-03-01T10-00-00_a.ts": "export async function up() {}" }, ["2026-12-24T18-30-05_add_plans.ts"]],
  [
    "dbmate",
    { "20260101120000_a.sql": "-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\n" },
    ["20261224183005_add_plans.sql"],
  ],
  ["goose", { "00001_a.sql": "-- +goose Up\nCREATE TABLE a (x);" }, ["00002_add_plans.sql"]],
  [
    "golang-migrate",
    { "000001_a.up.sql": "CREATE TABLE a (x);" },
    ["000002_add_plans.up.sql", "000002_add_plans.down.sql"],
  ],
  ["flyway", { "V1_9__a.sql": "CREATE TABLE a (x);", "V1_2__b.sql": "", "R__v.sql": "" }, ["V1_10__add_plans.sql"]],
  ["numbered", { "0009_a.sql": "CREATE TABLE a (x);" }, ["0010_add_plans.sql"]],
] as const;

describe("a new migration is the folder's last one", () => {
  test.each(folders)("%s %j", async (source, files, expected) => {
    const dir = await folderOf(files);
    const before = (await loadMigrations(dir)).migrations.filter(({ isRepeatable }) => isRepeatable !== true);
    const written = await newMigration({ dir, name: "add plans", now });
    expect(written).toEqual({ source, files: expected.map((file) => path.join(dir, file)) });
    const { migrations } = await loadMigrations(dir);
    const after = migrations.filter(({ isRepeatable }) => isRepeatable !== true);
    expect(after.map(({ name }) => name)).toEqual([
      ...before.map(({ name }) => name),
      expect.stringContaining("add_plans"),
    ]);
    expect(after.at(-1)).toMatchObject({ statements: [] });
    // It can be applied as it is.
    expect(await migrate(await scratchClient(), { dir })).toMatchObject({ state: "migrated" });
  });

  test("the first one of a folder takes the format that is said", async () => {
    const sources = [
      "prisma",
      "kysely",
      "dbmate",
      "goose",
      "golang-migrate",
      "flyway",
      "numbered",
      "drizzle-v0",
      "drizzle-v1",
    ] as const;
    for (const source of sources) {
      const dir = path.join(await scratchFolder(), "migrations");
      await newMigration({ dir, name: "first", source });
      await newMigration({ dir, name: "second", source });
      const set = await loadMigrations(dir);
      expect(set.source).toBe(source);
      expect(
        set.migrations.map(({ name }) => name.replace(/^.*?(?=first|second)/u, "").replace(/\.sql$/u, "")),
      ).toEqual(["first", "second"]);
    }
  });
});

const kits = [
  ["drizzle-kit", "drizzle-orm", blogDir, "0002_add_plans.sql"],
  ["drizzle-kit-v1", "drizzle-orm-v1", blogV1Dir, /^\d{14}_add_plans\/migration\.sql$/u],
] as const;

/** A copy of drizzle-kit in a project of its own, so that it finds that project's drizzle-orm. */
async function installKit(cwd: string, kit: string, orm: string): Promise<string> {
  const modules = path.join(cwd, "node_modules");
  const from = await realpath(path.dirname(fileURLToPath(import.meta.resolve(kit))));
  await cp(from, path.join(modules, "drizzle-kit"), { recursive: true });
  const entry = await realpath(fileURLToPath(import.meta.resolve(orm)));
  await symlink(path.dirname(entry), path.join(modules, "drizzle-orm"));
  const store = path.dirname(from);
  for (const name of await readdir(store)) {
    if (name.startsWith("drizzle-")) continue;
    await symlink(await realpath(path.join(store, name)), path.join(modules, name));
  }
  return path.join(modules, "drizzle-kit", "bin.cjs");
}

test.each(kits)("%s goes on from what was written", async (kit, orm, from, expected) => {
  const cwd = await scratchFolder();
  const dir = path.join(cwd, "drizzle");
  await cp(from, dir, { recursive: true });
  const { files } = await newMigration({ dir, name: "add_plans" });
  expect(path.relative(dir, files[0]!)).toMatch(expected);
  await writeFile(files[0]!, "UPDATE authors SET plan = 'free';");
  const bin = await installKit(cwd, kit, orm);
  await cp(fileURLToPath(new URL("./testdata/schema-v2.ts", import.meta.url)), path.join(cwd, "schema.ts"));
  const args = ["generate", "--dialect", "sqlite", "--schema", "schema.ts", "--out", "drizzle"];
  const before = await readdir(dir);
  const generated = await startNode([bin, ...args], { cwd }).ended;
  expect(generated.code, generated.stdout + generated.stderr).toBe(0);
  // The schema has not changed: the snapshot that was copied is its own.
  expect(await readdir(dir)).toEqual(before);
  const checked = await startNode([bin, "check", "--dialect", "sqlite", "--out", "drizzle"], { cwd }).ended;
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
  expect((await loadMigrations(dir)).migrations).toHaveLength(3);
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await writeFiles({});
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await writeFile(path.join(dir, file), text);
  }
  return dir;
}

describe("what cannot be is an error, and nothing is written", () => {
  test.each(["../x", "a/b", "", " ", "-x", "é", "x\u0000", "a.b"])("the name %j", async (name) => {
    const dir = await writeFiles({ "0001_a.sql": "SELECT 1;" });
    expect(await failure(newMigration({ dir, name }))).toMatchObject({ code: "ARGUMENT_INVALID" });
    expect(await readdir(dir)).toEqual(["0001_a.sql"]);
  });

  test("a format that cannot be told, another format than the folder's, a broken folder", async () => {
    const empty = await writeFiles({});
    expect(await failure(newMigration({ dir: empty, name: "x" }))).toMatchObject({ code: "SOURCE_UNSUPPORTED" });
    expect(await failure(newMigration({ dir: empty, name: "x", source: "sql" }))).toMatchObject({
      code: "SOURCE_UNSUPPORTED",
    });
    const numbered = await writeFiles({ "0001_a.sql": "SELECT 1;" });
    expect(await failure(newMigration({ dir: numbered, name: "x", source: "goose" }))).toMatchObject({
      code: "SOURCE_UNSUPPORTED",
    });
    const twice = await writeFiles({ "0001_a.sql": "SELECT 1;", "1_b.sql": "SELECT 2;" });
    expect(await failure(newMigration({ dir: twice, name: "x" }))).toMatchObject({ code: "DIR_INVALID" });
    expect(await readdir(twice)).toEqual(["0001_a.sql", "1_b.sql"]);
  });
});

test("on the command line", async () => {
  const dir = await writeFiles({ "0001_a.sql": "SELECT 1;" });
  const { code, stdout } = await runCli(["new", "add plans", "--dir", dir]);
  expect(code).toBe(0);
  expect(stdout).toBe(`${path.join(dir, "0002_add_plans.sql")}\n`);
  const json = await runCli(["new", "more", "--dir", dir, "--json"]);
  expect(JSON.parse(json.stdout)).toEqual({
    command: "new",
    source: "numbered",
    files: [path.join(dir, "0003_more.sql")],
  });
  expect(await readFile(path.join(dir, "0003_more.sql"), "utf8")).toBe("");
  expect(await runCli(["new", "--dir", dir])).toMatchObject({ code: 1 });
});
