import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { loadMigrations } from "../src/index.ts";
import { blogDir, blogMigrations, blogV1Dir, blogV1Migrations } from "./blog.ts";
import { scratchFolder, writeFolder, writeFolderV1 } from "./scratch.ts";

test("a folder of drizzle-kit is read in the journal's order", async () => {
  const set = await loadMigrations(pathToFileURL(blogDir));
  expect(set.source).toBe("drizzle-v0");
  expect(set.migrations.map((migration) => migration.name)).toEqual(blogMigrations);
  const text = await readFile(path.join(blogDir, "0001_starter_plan.sql"), "utf8");
  expect(set.migrations[1]?.hash).toBe(createHash("sha256").update(text).digest("hex"));
  expect(set.migrations[1]?.statements.map(({ sql, index, line }) => [index, line, sql.split(/\s/u)[0]])).toEqual([
    [0, 1, "PRAGMA"],
    [1, 2, "CREATE"],
    [2, 8, "INSERT"],
    [3, 9, "DROP"],
    [4, 10, "ALTER"],
    [5, 11, "PRAGMA"],
  ]);
});

test("a folder of drizzle-kit 1.0 is read in the order of its names, with their times", async () => {
  const { source, migrations } = await loadMigrations(blogV1Dir);
  expect(source).toBe("drizzle-v1");
  expect(migrations.map(({ name, when }) => [name, when])).toEqual([
    [blogV1Migrations[0], Date.UTC(2026, 10, 21, 2, 2, 19)],
    [blogV1Migrations[1], Date.UTC(2026, 10, 21, 2, 2, 21)],
  ]);
  const dir = await writeFolderV1({ starter_plan: "SELECT 1" });
  await expect(loadMigrations(dir)).rejects.toMatchObject({ code: "DIR_INVALID", migration: "starter_plan" });
});

test("statements end at breakpoints and at semicolons, not inside strings and triggers", async () => {
  const dir = await writeFolder({
    "0000_a": [
      "-- nothing yet",
      "CREATE TABLE a (x TEXT DEFAULT ';')",
      "--> statement-breakpoint",
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;",
      "INSERT INTO a VALUES ('--;')",
    ].join("\r\n"),
    "0001_comment": "-- Custom SQL migration file, put your code below! --",
    "0002_empty": "",
  });
  const { migrations } = await loadMigrations(dir);
  expect(migrations.map(({ statements }) => statements.map(({ line, sql }) => [line, sql]))).toEqual([
    [
      [2, "CREATE TABLE a (x TEXT DEFAULT ';')"],
      [4, "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END"],
      [5, "INSERT INTO a VALUES ('--;')"],
    ],
    [],
    [],
  ]);
});

test.each([
  ["a folder that is not there", async (dir: string) => rm(dir, { recursive: true }), "DIR_INVALID"],
  [
    "an empty folder",
    async (dir: string) => {
      await rm(dir, { recursive: true });
      await mkdir(dir);
    },
    "DIR_INVALID",
  ],
  ["no journal", async (dir: string) => rm(path.join(dir, "meta", "_journal.json")), "DIR_INVALID"],
  ["a broken journal", async (dir: string) => writeFile(path.join(dir, "meta", "_journal.json"), "{"), "DIR_INVALID"],
  [
    "a journal without entries",
    async (dir: string) => writeFile(path.join(dir, "meta", "_journal.json"), "[]"),
    "DIR_INVALID",
  ],
  ["a file that is not there", async (dir: string) => rm(path.join(dir, "0000_a.sql")), "DIR_INVALID"],
  [
    "another dialect",
    async (dir: string) =>
      writeFile(path.join(dir, "meta", "_journal.json"), JSON.stringify({ dialect: "postgresql", entries: [] })),
    "DIR_INVALID",
  ],
  [
    "a tag that leads out of the folder",
    async (dir: string) =>
      writeFile(path.join(dir, "meta", "_journal.json"), JSON.stringify({ entries: [{ tag: "../0000_a", when: 1 }] })),
    "DIR_INVALID",
  ],
  [
    "a tag twice",
    async (dir: string) => writeFolder({ "0000_a": "" }, { dir }).then(() => repeatEntry(dir)),
    "DIR_INVALID",
  ],
  [
    "a folder of SQL without numbers",
    async (dir: string) => {
      await rm(dir, { recursive: true });
      await mkdir(dir);
      await writeFile(path.join(dir, "schema.sql"), "CREATE TABLE a (x)");
    },
    "SOURCE_UNSUPPORTED",
  ],
  [
    "a folder of drizzle-kit that has lost its journal's folder",
    async (dir: string) => {
      await rm(path.join(dir, "meta"), { recursive: true });
      await writeFile(path.join(dir, "0001_b.sql"), "CREATE TABLE b (x);\n--> statement-breakpoint\nSELECT 1");
    },
    "DIR_INVALID",
  ],
  [
    "a module of Kysely without up",
    async (dir: string) => {
      await rm(dir, { recursive: true });
      await mkdir(dir);
      await writeFile(path.join(dir, "001_a.ts"), "export async function down() {}");
    },
    "DIR_INVALID",
  ],
  [
    "a module of Kysely that throws",
    async (dir: string) => {
      await rm(dir, { recursive: true });
      await mkdir(dir);
      await writeFile(path.join(dir, "001_a.ts"), "throw new Error('no')");
    },
    "DIR_INVALID",
  ],
  [
    "a migration of Prisma without its file",
    async (dir: string) => {
      await rm(path.join(dir, "meta"), { recursive: true });
      await writeFile(path.join(dir, "migration_lock.toml"), 'provider = "sqlite"');
      await mkdir(path.join(dir, "20250101000000_a"));
    },
    "DIR_INVALID",
  ],
  [
    "migrations of Prisma for another database",
    async (dir: string) => {
      await rm(path.join(dir, "meta"), { recursive: true });
      await writeFile(path.join(dir, "migration_lock.toml"), '# Do not edit\nprovider = "postgresql"\n');
    },
    "DIR_INVALID",
  ],
])("%s is an error that names it", async (_, damage, code) => {
  const dir = path.join(await scratchFolder(), "drizzle");
  await mkdir(dir);
  await writeFolder({ "0000_a": "CREATE TABLE a (x)" }, { dir });
  await damage(dir);
  await expect(loadMigrations(dir)).rejects.toMatchObject({ code, message: expect.stringContaining(dir) });
});

async function repeatEntry(dir: string): Promise<void> {
  const file = path.join(dir, "meta", "_journal.json");
  const entry = { tag: "0000_a", when: 1 };
  await writeFile(file, JSON.stringify({ entries: [entry, entry] }));
}
