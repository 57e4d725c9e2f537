import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { lintMigrations } from "../src/index.ts";
import { blogDir } from "./blog.ts";
import { scratchFolder, writeFiles, writeFolder } from "./scratch.ts";

const base = `CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id) ON DELETE CASCADE);
`;

async function rulesOf(sql: string): Promise<string[]> {
  const dir = await writeFiles({ "1_base.sql": base, "2_change.sql": sql });
  const { findings } = await lintMigrations({ dir, engines: ["sqld", "turso"] });
  return findings.map(({ rule, line, migration }) => `${migration === "2_change" ? "" : migration}${line} ${rule}`);
}

const copy = "INSERT INTO n SELECT id, name FROM p; DROP TABLE p; ALTER TABLE n RENAME TO p;";

test.each([
  ["DROP TABLE c;", ["1 drop-table"]],
  ["ALTER TABLE p DROP COLUMN name;", ["1 drop-column"]],
  ["-- a note\nDELETE FROM c;", ["2 delete-rows"]],
  ["CREATE TABLE t (x); INSERT INTO t VALUES (1); DELETE FROM t; DROP TABLE t;", []],
  [
    "CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT);\nINSERT INTO n SELECT id, name FROM p WHERE id > 1;\nDROP TABLE p;\nALTER TABLE n RENAME TO p;",
    ["3 filtered-rebuild", "3 cascade-rebuild"],
  ],
  [`CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT); ${copy}`, ["1 cascade-rebuild"]],
  [
    'CREATE TABLE n (id INTEGER PRIMARY KEY, plan TEXT);\nINSERT INTO n ("id", "plan") SELECT "id", "plan" FROM "p";\nDROP TABLE p;',
    ["3 cascade-rebuild", "2 select-new-column"],
  ],
  ['UPDATE p SET name = "nmae";', ["1 select-new-column"]],
  ["UPDATE p SET name = 'nmae';", []],
  ["ALTER TABLE p ADD plan TEXT NOT NULL;", ["1 not-null-without-default"]],
  ["ALTER TABLE p ADD COLUMN plan TEXT NOT NULL DEFAULT 'free';", []],
  [
    "CREATE TABLE n (id INTEGER PRIMARY KEY, plan TEXT NOT NULL);\nINSERT INTO n (id) SELECT id FROM p;",
    ["2 not-null-without-default"],
  ],
  ["ALTER TABLE p ALTER COLUMN name TO name TEXT;", ["1 libsql-alter-column", "1 refused-by-turso"]],
  ["VACUUM;", ["1 refused-by-sqld", "1 refused-by-turso"]],
  [
    "PRAGMA journal_mode = WAL;\nANALYZE;\nCREATE TEMP TABLE t (x);",
    ["1 refused-by-sqld", "2 refused-by-sqld", "3 refused-by-sqld"],
  ],
  ["CREATE VIRTUAL TABLE f USING fts5(x);", ["1 refused-by-turso"]],
  ["CREATE TABLE g (x, y AS (x + 1) STORED);", ["1 refused-by-turso"]],
  ["PRAGMA foreign_keys = OFF;\nSELECT 1;", []],
  ["BEGIN;\nSELECT 1;", ["1 not-in-migration"]],
  ["-- only a comment\n", []],
])("%j", async (sql, rules) => {
  expect((await rulesOf(sql)).toSorted()).toEqual(rules.toSorted());
});

test("comments allow a statement or a file, by rule, and a wrong rule is told", async () => {
  expect(await rulesOf("SELECT 1;\n-- litefleet:allow drop-table\nDROP TABLE c;\nDELETE FROM p;")).toEqual([
    "4 delete-rows",
  ]);
  expect(await rulesOf("SELECT 1;\nDROP TABLE c; -- litefleet:allow drop-table\nDELETE FROM p;")).toEqual([
    "3 delete-rows",
  ]);
  expect(await rulesOf("-- litefleet:allow drop-table, delete-rows\n\nDROP TABLE c;\nDELETE FROM p;")).toEqual([]);
  expect(await rulesOf("-- litefleet:allow delete-rows\nDROP TABLE c;")).toEqual(["1 drop-table".replace("1", "2")]);
  expect(await rulesOf("-- litefleet:allow drop-tabel\nSELECT 1;")).toEqual(["1 unknown-rule"]);
});

test("what an engine refuses is a warning until that engine is asked for", async () => {
  const dir = await writeFiles({ "1_a.sql": "VACUUM;" });
  expect(await lintMigrations({ dir })).toMatchObject({
    ok: true,
    findings: [{ severity: "warning" }, { severity: "warning" }],
  });
  expect(await lintMigrations({ dir, engines: ["sqld"] })).toMatchObject({
    ok: false,
    findings: [
      { rule: "refused-by-sqld", severity: "error" },
      { rule: "refused-by-turso", severity: "warning" },
    ],
  });
});

test("folders: times that go backwards, numbers twice", async () => {
  const backwards = await writeFolder({ "0000_a": "SELECT 1", "0001_b": "SELECT 1" }, { when: (i) => 1000 - i });
  expect(await lintMigrations({ dir: backwards })).toMatchObject({
    ok: false,
    findings: [{ rule: "journal-order", migration: "0001_b", file: path.join(backwards, "meta", "_journal.json") }],
  });
  const twice = await writeFolder({ "0001_a": "SELECT 1", "0001_b": "SELECT 1" });
  expect(await lintMigrations({ dir: twice })).toMatchObject({
    findings: [{ rule: "duplicate-number", migration: "0001_b" }],
  });
  const numbered = await writeFiles({ "1_a.sql": "SELECT 1", "01_b.sql": "SELECT 1" });
  expect(await lintMigrations({ dir: numbered })).toMatchObject({
    ok: false,
    findings: [{ rule: "duplicate-number", file: path.join(numbered, "1_a.sql") }],
  });
  const prisma = await scratchFolder();
  for (const name of ["20250101000000_a", "20250101000000_b"]) {
    await mkdir(path.join(prisma, name));
    await writeFile(path.join(prisma, name, "migration.sql"), "SELECT 1");
  }
  expect(await lintMigrations({ dir: prisma })).toMatchObject({ findings: [{ rule: "duplicate-number" }] });
});

test("what drizzle-kit writes for a changed default rebuilds a parent", async () => {
  const { findings } = await lintMigrations({ dir: blogDir });
  expect(findings.map(({ rule, migration }) => [migration, rule])).toEqual([["0001_starter_plan", "cascade-rebuild"]]);
});
