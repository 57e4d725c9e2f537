import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { describe, expect, test } from "vitest";
import { baseline, ensureMigrated, migrate, planMigrations, repair, resolve, status, verify } from "../src/index.ts";
import type { MigrationEvent } from "../src/index.ts";
import { blogDir, blogMigrations, blogUpTo, blogWith, fillBlog } from "./blog.ts";
import { failure } from "./failure.ts";
import { countsOf, schemaOf, scratchClient, scratchFolder, writeFiles, writeFolder, writeFolderV1 } from "./scratch.ts";

/** Writes the same three migrations, the second of which creates `table`, as a format's folder. */
const formats: Readonly<Record<string, (table: string) => Promise<string>>> = {
  "drizzle-v0": (table) => writeFolder({ m1: "CREATE TABLE a (x)", m2: `CREATE TABLE ${table} (x)`, m3: "SELECT 1" }),
  "drizzle-v1": (table) =>
    writeFolderV1({
      "20250101000001_m1": "CREATE TABLE a (x)",
      "20250101000002_m2": `CREATE TABLE ${table} (x)`,
      "20250101000003_m3": "SELECT 1",
    }),
  prisma: async (table) => {
    const dir = await scratchFolder();
    for (const [name, sql] of Object.entries({
      m1: "CREATE TABLE a (x)",
      m2: `CREATE TABLE ${table} (x)`,
      m3: "SELECT 1",
    })) {
      await mkdir(path.join(dir, name));
      await writeFile(path.join(dir, name, "migration.sql"), sql);
    }
    return dir;
  },
  dbmate: (table) =>
    writeFiles({
      "1_m.sql": "-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\n",
      "2_m.sql": `-- migrate:up\nCREATE TABLE ${table} (x);\n-- migrate:down\n`,
      "3_m.sql": "-- migrate:up\n-- migrate:down\n",
    }),
  goose: (table) =>
    writeFiles({
      "1_m.sql": "-- +goose Up\nCREATE TABLE a (x);\n",
      "2_m.sql": `-- +goose Up\nCREATE TABLE ${table} (x);\n`,
      "3_m.sql": "-- +goose Up\n",
    }),
  "golang-migrate": (table) =>
    writeFiles({ "1_m.up.sql": "CREATE TABLE a (x);", "2_m.up.sql": `CREATE TABLE ${table} (x);`, "3_m.up.sql": "" }),
  flyway: (table) =>
    writeFiles({ "V1__m.sql": "CREATE TABLE a (x);", "V2__m.sql": `CREATE TABLE ${table} (x);`, "V3__m.sql": "" }),
  numbered: (table) =>
    writeFiles({ "1_m.sql": "CREATE TABLE a (x);", "2_m.sql": `CREATE TABLE ${table} (x);`, "3_m.sql": "" }),
};

async function namesOf(client: Client, dir: string): Promise<readonly [string, string, string]> {
  const { pending } = await planNames(client, dir);
  const [a = "", b = "", c = ""] = pending;
  return [a, b, c];
}

function planNames(client: Client, dir: string): Promise<{ readonly pending: readonly string[] }> {
  return status(client, { dir });
}

describe.each(Object.entries(formats))("%s", (_, write) => {
  test("a baseline records without running, and the rest is applied", async () => {
    const client = await scratchClient();
    const dir = await write("b");
    const [first, second, third] = await namesOf(client, dir);
    expect(await baseline(client, { dir, at: second })).toEqual({ recorded: [first, second] });
    expect(await baseline(client, { dir, at: first })).toEqual({ recorded: [] });
    expect(await migrate(client, { dir })).toMatchObject({ applied: [third] });
    expect((await schemaOf(client)).join()).not.toContain("TABLE a ");
    expect(await failure(baseline(client, { dir, at: "none" }))).toMatchObject({ code: "MIGRATION_UNKNOWN" });
  });

  test("an edit is found and named, refused, and repaired; a migration is resolved by hand", async () => {
    const client = await scratchClient();
    const dir = await write("b");
    const [first, second, third] = await namesOf(client, dir);
    await migrate(client, { dir, to: second });
    expect(await verify(client, { dir })).toMatchObject({ ok: true, problems: [], pending: [third] });
    const edited = await write("another");
    expect(await verify(client, { dir: edited })).toMatchObject({
      ok: false,
      problems: [{ kind: "edited", migration: second }],
    });
    expect(await failure(migrate(client, { dir: edited }))).toMatchObject({
      code: "HISTORY_EDITED",
      migration: second,
    });
    expect(await repair(client, { dir: edited })).toEqual({ rehashed: [second], forgotten: [] });
    expect(await verify(client, { dir: edited })).toMatchObject({ ok: true });
    expect(await verify(client, { dir })).toMatchObject({ ok: false });
    await repair(client, { dir });
    expect(await resolve(client, { dir, applied: third })).toEqual({
      migration: third,
      state: "applied",
      changed: true,
    });
    expect(await resolve(client, { dir, applied: third })).toMatchObject({ changed: false });
    expect(await status(client, { dir })).toMatchObject({ state: "up-to-date" });
    expect(await resolve(client, { dir, rolledBack: third })).toMatchObject({ state: "rolled-back", changed: true });
    expect(await status(client, { dir })).toMatchObject({ applied: [first, second], pending: [third] });
  });
});

describe("failed migrations", () => {
  test.each([
    ["golang-migrate", "UPDATE schema_migrations SET dirty = 1", "2_m"],
    ["flyway", "UPDATE flyway_schema_history SET success = 0 WHERE version = '2'", "V2__m"],
    ["prisma", "UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = 'm2'", "m2"],
  ])("%s: a half-done migration is refused until it is resolved, either way", async (format, spoil, name) => {
    const dir = (await formats[format]?.("b")) ?? "";
    for (const way of ["applied", "rolledBack"] as const) {
      const client = await scratchClient();
      await migrate(client, { dir, to: name });
      await client.execute(spoil);
      expect(await verify(client, { dir })).toMatchObject({
        ok: false,
        problems: [{ kind: "failed", migration: name }],
      });
      expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_FAILED", migration: name });
      expect(await resolve(client, { dir, [way]: name })).toMatchObject({ changed: true });
      if (way === "rolledBack") await client.execute("DROP TABLE b");
      const { applied } = await migrate(client, { dir });
      expect(applied.includes(name)).toBe(way === "rolledBack");
      expect(await verify(client, { dir })).toMatchObject({ ok: true, state: "up-to-date" });
    }
  });

  test("what a run without transactions left behind is resolved, too", async () => {
    const client = await scratchClient();
    const dir = await writeFiles({ "1_m.sql": "CREATE TABLE a (x);\nINSERT INTO nowhere VALUES (1);" });
    await failure(migrate(client, { dir, tx: "none" }));
    await writeFile(path.join(dir, "1_m.sql"), "CREATE TABLE a (y);\nINSERT INTO a VALUES (1);");
    expect(await verify(client, { dir })).toMatchObject({ problems: [{ kind: "failed", migration: "1_m" }] });
    await client.execute("DROP TABLE a");
    expect(await resolve(client, { dir, rolledBack: "1_m" })).toMatchObject({ changed: true });
    expect(await migrate(client, { dir })).toMatchObject({ applied: ["1_m"] });
    expect(await countsOf(client, "a")).toEqual({ a: 1 });
  });

  test("a name that is none, and both or neither, are errors", async () => {
    const client = await scratchClient();
    const dir = await writeFiles({ "1_m.sql": "CREATE TABLE a (x);" });
    expect(await failure(resolve(client, { dir, applied: "none" }))).toMatchObject({ code: "MIGRATION_UNKNOWN" });
    await expect(resolve(client, { dir })).rejects.toThrow(TypeError);
    await expect(resolve(client, { dir, applied: "1_m", rolledBack: "1_m" })).rejects.toThrow(TypeError);
  });

  test("entries without a file are forgotten when that is asked for", async () => {
    const client = await scratchClient();
    const dir = await writeFiles({ "1_m.sql": "CREATE TABLE a (x);", "2_m.sql": "" });
    await migrate(client, { dir });
    await rm(path.join(dir, "2_m.sql"));
    await writeFile(path.join(dir, "3_m.sql"), "SELECT 1;");
    expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_MISSING" });
    expect(await repair(client, { dir })).toEqual({ rehashed: [], forgotten: [] });
    expect(await repair(client, { dir, forgetMissing: true })).toEqual({ rehashed: [], forgotten: ["2_m"] });
    expect(await migrate(client, { dir })).toMatchObject({ applied: ["3_m"] });
  });
});

describe("planMigrations", () => {
  test("says what would run, and what it means, and changes nothing", async () => {
    const client = await scratchClient();
    await migrate(client, { dir: await blogUpTo(1) });
    await fillBlog(client);
    const before = await schemaOf(client);
    const dir = await blogWith("DROP TABLE comments;\nVACUUM;\nUPDATE authors SET name = 'x';");
    expect(await planMigrations(client, { dir })).toMatchObject({
      state: "pending",
      migrations: ["0001_change"],
      transactions: [
        { kind: "transaction", statements: [{ migration: "0001_change", line: 1, sql: "DROP TABLE comments" }] },
        { kind: "outside", statements: [{ sql: "VACUUM", statementIndex: 1 }] },
        { kind: "transaction", statements: [{ line: 3 }] },
      ],
      destructive: [{ table: "comments", what: "drop", migration: "0001_change", statementIndex: 0 }],
      tables: [
        { table: "authors", rows: 2, rebuilt: false },
        { table: "comments", rows: 4, rebuilt: false },
      ],
      refused: [],
    });
    expect(await planMigrations(client, { dir: blogDir })).toMatchObject({
      transactions: [{ foreignKeys: "off" }],
      destructive: [],
      tables: [{ table: "authors", rows: 2, rebuilt: true }],
    });
    expect(await schemaOf(client)).toEqual(before);
    await migrate(client, { dir: blogDir });
    expect(await planMigrations(client, { dir: blogDir })).toMatchObject({ state: "up-to-date", transactions: [] });
  });

  test("names what the engine cannot take", async () => {
    const client = await scratchClient({ engine: "turso" });
    const dir = await writeFolder({
      "0000_a": "CREATE TABLE a (x, y AS (x + 1) STORED);\nCREATE VIRTUAL TABLE f USING fts5(x);",
    });
    const { refused } = await planMigrations(client, { dir });
    expect(refused.map(({ line }) => line)).toEqual([1, 2]);
  });
});

describe("ensureMigrated", () => {
  test("runs once a client and version, also when called at the same time, and again after a failure", async () => {
    const client = await scratchClient();
    const dir = await writeFolder({ "0000_a": "CREATE TABLE a (x)" });
    const [one, two] = await Promise.all([ensureMigrated(client, { dir }), ensureMigrated(client, { dir })]);
    expect(one).toBe(two);
    expect(one).toMatchObject({ applied: ["0000_a"] });
    const onOpen = ensureMigrated({ dir: blogDir });
    const other = await scratchClient();
    await other.execute("CREATE TABLE authors (x)");
    expect(await failure(onOpen(other))).toMatchObject({ code: "MIGRATION_FAILED" });
    await other.execute("DROP TABLE authors");
    expect(await onOpen(other)).toMatchObject({ applied: blogMigrations });
    expect(await onOpen(other)).toMatchObject({ applied: blogMigrations });
  });
});

test("a signal stops between migrations, and what was done is told", async () => {
  const client = await scratchClient();
  const controller = new AbortController();
  const onEvent = (event: MigrationEvent): void => {
    if (event.type === "commit") controller.abort();
  };
  const error = await failure(migrate(client, { dir: blogDir, tx: "file", signal: controller.signal, onEvent }));
  expect(error).toMatchObject({
    name: "PartialMigrationError",
    code: "ABORTED",
    applied: ["0000_blog"],
    pending: ["0001_starter_plan"],
  });
  expect(await migrate(client, { dir: blogDir })).toMatchObject({ applied: ["0001_starter_plan"] });
});

test("names and values from files are data, whatever they hold", async () => {
  const dir = await scratchFolder();
  const evil = `0001_it's "x"; DROP TABLE a; --`;
  await writeFile(path.join(dir, `${evil}.sql`), "CREATE TABLE a (x);");
  const client = createClient({ url: ":memory:" });
  const ledgerTable = `my "ledger'; --`;
  expect(await migrate(client, { dir, ledgerTable })).toMatchObject({ applied: [evil] });
  expect(await status(client, { dir, ledgerTable })).toMatchObject({ applied: [evil] });
  expect(await countsOf(client, "a")).toEqual({ a: 0 });
  client.close();
});
