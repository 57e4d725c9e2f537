import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "@litefleet/driver";
import { describe, expect, test } from "vitest";
import { down, loadMigrations, migrate, status } from "../src/index.ts";
import { failure } from "./failure.ts";
import { schemaOf, scratchClient, writeFiles } from "./scratch.ts";

/** Formats whose tools npm does not have: the ledger is compared with what their sources write. */
const formats = {
  goose: {
    files: {
      "00001_a.sql":
        "-- +goose Up\nCREATE TABLE a (x);\n-- +goose StatementBegin\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;\n" +
        "-- +goose StatementEnd\n\n-- +goose Down\nDROP TABLE a;\n",
      "00002_b.sql": "-- +goose Up\n-- only a comment\n-- +goose Down\n",
      "00010_c.sql": "-- +goose Up\nCREATE TABLE c (x);\n-- +goose Down\nDROP TABLE c;\n",
    },
    ledger: "SELECT version_id, is_applied FROM goose_db_version ORDER BY id",
    rows: [
      [0, 1],
      [1, 1],
      [2, 1],
      [10, 1],
    ],
    after: [
      [0, 1],
      [1, 1],
    ],
    names: ["00001_a", "00002_b", "00010_c"],
  },
  "golang-migrate": {
    files: {
      "1_a.up.sql": "CREATE TABLE a (x);",
      "1_a.down.sql": "DROP TABLE a;",
      "2_b.up.sql": "",
      "2_b.down.sql": "",
      "10_c.up.sql": "CREATE TABLE c (x);",
      "10_c.down.sql": "DROP TABLE c;",
    },
    ledger: "SELECT version, dirty FROM schema_migrations",
    rows: [[10, 0]],
    after: [[1, 0]],
    names: ["1_a", "2_b", "10_c"],
  },
  flyway: {
    files: {
      "V1__make_a.sql": "CREATE TABLE a (x);\n",
      "U1__make_a.sql": "DROP TABLE a;\n",
      "V1.2__nothing.sql": "-- nothing\n",
      "U1_2__nothing.sql": "",
      "V1_10__make_c.sql": "CREATE TABLE c (x);\r\n",
      "U1.10__make_c.sql": "DROP TABLE c;",
    },
    ledger:
      "SELECT installed_rank, version, description, type, script, checksum, installed_by, success FROM flyway_schema_history ORDER BY installed_rank",
    rows: [
      [1, "1", "make a", "SQL", "V1__make_a.sql", 302_061_556, "", 1],
      [2, "1.2", "nothing", "SQL", "V1.2__nothing.sql", 1_822_733_853, "", 1],
      [3, "1.10", "make c", "SQL", "V1_10__make_c.sql", 1_607_055_103, "", 1],
    ],
    after: [
      [1, "1", "make a", "SQL", "V1__make_a.sql", 302_061_556, "", 1],
      [2, "1.2", "nothing", "SQL", "V1.2__nothing.sql", 1_822_733_853, "", 1],
      [3, "1.10", "make c", "SQL", "V1_10__make_c.sql", 1_607_055_103, "", 1],
      [4, "1.10", "make c", "UNDO_SQL", "U1_10__make_c.sql", 1_607_055_103, "", 1],
      [5, "1.2", "nothing", "UNDO_SQL", "U1.2__nothing.sql", 1_822_733_853, "", 1],
    ],
    names: ["V1__make_a", "V1.2__nothing", "V1_10__make_c"],
  },
} as const;

async function rowsOf(client: Client, sql: string): Promise<unknown[]> {
  const { rows } = await client.execute(sql);
  return rows.map((row) => Array.from({ length: row.length }, (_, i) => row[i]));
}

describe.each(Object.entries(formats))("%s", (source, { files, ledger, rows, after, names }) => {
  test("is recognised, applied in order of its numbers, and undone", async () => {
    const dir = await writeFiles(files);
    expect(await loadMigrations(dir)).toMatchObject({ source, migrations: names.map((name) => ({ name })) });
    const client = await scratchClient();
    expect(await migrate(client, { dir })).toMatchObject({ applied: names });
    expect(await rowsOf(client, ledger)).toEqual(rows);
    expect(await migrate(client, { dir })).toMatchObject({ state: "up-to-date" });
    expect(await down(client, { dir, steps: 2 })).toMatchObject({ reverted: [names[2], names[1]] });
    expect(await rowsOf(client, ledger)).toEqual(after);
    expect(await status(client, { dir })).toMatchObject({ applied: [names[0]], pending: [names[1], names[2]] });
    expect(await migrate(client, { dir })).toMatchObject({ applied: [names[1], names[2]] });
    expect(await down(client, { dir, to: "0" })).toMatchObject({ reverted: names.toReversed() });
    expect((await schemaOf(client)).join()).not.toMatch(/TABLE [ac] /u);
  });

  test("an edited file, a missing one and a late one are named", async () => {
    const dir = await writeFiles(files);
    const client = await scratchClient();
    const [first, ...others] = Object.entries(files);
    const late = await writeFiles(
      Object.fromEntries(Object.entries(files).filter(([file]) => !/[12]__?(?:b|nothing)/u.test(file))),
    );
    await migrate(client, { dir: late });
    expect(await status(client, { dir })).toMatchObject({ state: "diverged", outOfOrder: [names[1]] });
    expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_OUT_OF_ORDER" });
    await writeFile(path.join(late, first?.[0] ?? ""), `${first?.[1] ?? ""}\n-- +goose StatementBegin\n-- more\n`);
    expect(await status(client, { dir: late })).toMatchObject({ edited: [names[0]] });
    const newer = await writeFiles(
      Object.fromEntries(others.filter(([file]) => !file.includes("1_a") && !file.includes("make_a"))),
    );
    // golang-migrate's one row says nothing of older files.
    expect((await status(client, { dir: newer })).missing).toHaveLength(source === "golang-migrate" ? 0 : 1);
  });
});

test("goose leaves rows for what was undone, and they are understood", async () => {
  const client = await scratchClient();
  const dir = await writeFiles(formats.goose.files);
  await migrate(client, { dir, to: "00001_a" });
  await client.execute("INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, 0)");
  expect(await status(client, { dir })).toMatchObject({ applied: [], pending: formats.goose.names });
});

test("goose: what asks for no transaction goes on where it was cut off", async () => {
  const client = await scratchClient();
  const broken =
    "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nINSERT INTO nowhere VALUES (1);\n";
  const dir = await writeFiles({ "1_a.sql": broken });
  expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "MIGRATION_FAILED", statementIndex: 2 });
  expect(await rowsOf(client, "SELECT x FROM a")).toEqual([[1]]);
  await writeFile(path.join(dir, "1_a.sql"), broken.replace("nowhere", "a"));
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["1_a"] });
  expect(await rowsOf(client, "SELECT x FROM a")).toEqual([[1], [1]]);
});

test("goose: what cannot be done here is refused", async () => {
  const go = await writeFiles({ "1_a.sql": "-- +goose Up\n", "2_b.go": "package x" });
  expect(await failure(loadMigrations(go))).toMatchObject({ code: "SOURCE_UNSUPPORTED" });
  const env = await writeFiles({ "1_a.sql": "-- +goose ENVSUB ON\n-- +goose Up\nSELECT '${X}';\n" });
  expect(await failure(loadMigrations(env))).toMatchObject({ code: "DIR_INVALID", migration: "1_a" });
});

test("golang-migrate: a dirty version is a failed migration", async () => {
  const client = await scratchClient();
  const dir = await writeFiles(formats["golang-migrate"].files);
  await migrate(client, { dir, to: "2" });
  await client.execute("UPDATE schema_migrations SET dirty = 1");
  expect(await status(client, { dir })).toMatchObject({ state: "diverged", failed: ["2_b"] });
  expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_FAILED", migration: "2_b" });
});

test("flyway: a repeatable migration runs again when it has changed, a failed one is named, a baseline counts", async () => {
  const client = await scratchClient();
  const view = (column: string): string => `DROP VIEW IF EXISTS v;\nCREATE VIEW v AS SELECT ${column} FROM a;\n`;
  const dir = await writeFiles({ "R__view.sql": view("x"), "V1__a.sql": "CREATE TABLE a (x, y);" });
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["V1__a", "R__view"] });
  expect(await migrate(client, { dir })).toMatchObject({ state: "up-to-date" });
  await writeFile(path.join(dir, "R__view.sql"), view("x").replaceAll("\n", "\r\n"));
  expect(await migrate(client, { dir })).toMatchObject({ state: "up-to-date" });
  await writeFile(path.join(dir, "R__view.sql"), view("y"));
  expect(await status(client, { dir })).toMatchObject({ state: "pending", pending: ["R__view"] });
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["R__view"] });
  expect(await rowsOf(client, "SELECT name FROM pragma_table_info('v')")).toEqual([["y"]]);
  await client.execute("UPDATE flyway_schema_history SET success = 0 WHERE version = '1'");
  expect(await status(client, { dir })).toMatchObject({ failed: ["V1__a"] });
  await client.execute(
    "UPDATE flyway_schema_history SET success = 1, type = 'BASELINE', script = '<< Flyway Baseline >>' WHERE version = '1'",
  );
  expect(await status(client, { dir })).toMatchObject({ state: "up-to-date", failed: [], missing: [] });
});

test("d1 is told by wrangler's configuration, and other numbers have a ledger of their own", async () => {
  const dir = await writeFiles({ "0001_a.sql": "CREATE TABLE a (x);", "0002_b.sql": "-- later\n" });
  expect(await loadMigrations(dir)).toMatchObject({ source: "numbered" });
  const bare = await scratchClient();
  expect(await migrate(bare, { dir })).toMatchObject({ applied: ["0001_a", "0002_b"] });
  expect(await rowsOf(bare, "SELECT name FROM litefleet_migrations")).toEqual([["0001_a"], ["0002_b"]]);
  expect(await failure(down(bare, { dir }))).toMatchObject({ code: "DOWN_UNSUPPORTED" });
  await writeFile(path.join(dir, "..", "wrangler.toml"), "");
  expect(await loadMigrations(dir)).toMatchObject({ source: "d1" });
  const client = await scratchClient();
  await client.execute(
    "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
  );
  await client.execute("INSERT INTO d1_migrations (name) VALUES ('0001_a.sql')");
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["0002_b"] });
  expect(await rowsOf(client, "SELECT id, name FROM d1_migrations")).toEqual([
    [1, "0001_a.sql"],
    [2, "0002_b.sql"],
  ]);
  expect(await loadMigrations(dir, { source: "numbered" })).toMatchObject({ source: "numbered" });
  expect(await failure(loadMigrations(dir, { source: "prisma" }))).toMatchObject({ code: "SOURCE_UNSUPPORTED" });
});

test("a number twice is an error", async () => {
  const dir = await writeFiles({ "1_a.sql": "SELECT 1", "01_b.sql": "SELECT 1" });
  expect(await failure(loadMigrations(dir))).toMatchObject({ code: "DIR_INVALID" });
});
