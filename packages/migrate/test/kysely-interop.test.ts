import { promises as fs } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { Kysely } from "kysely";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import type { MigrationResultSet } from "kysely/migration";
import { expect, test } from "vitest";
import { down, loadMigrations, migrate, status } from "../src/index.ts";
import { failure } from "./failure.ts";
import { countsOf, openFile, schemaOf, scratchFolder, writeFiles } from "./scratch.ts";

const modules = fileURLToPath(new URL("../node_modules", import.meta.url));

const files = {
  "001_shop.ts": `import type { Kysely } from "kysely";
import { sql } from "kysely";
export async function up(db: Kysely<any>): Promise<void> {
  await db.schema.createTable("parents").addColumn("id", "integer", (c) => c.primaryKey()).addColumn("plan", "text").execute();
  await db.schema.createTable("children").addColumn("parent", "integer", (c) => c.references("parents.id").onDelete("cascade")).execute();
  await sql\`create table log (n)\`.execute(db);
  await db.insertInto("parents").values({ id: 1, plan: "free" }).execute();
  await db.insertInto("children").values([{ parent: 1 }, { parent: 1 }]).execute();
}
export async function down(db: Kysely<any>): Promise<void> {
  for (const table of ["log", "children", "parents"]) await db.schema.dropTable(table).execute();
}
`,
  "002_read.ts": `import type { Kysely } from "kysely";
export async function up(db: Kysely<any>): Promise<void> {
  const rows = await db.selectFrom("parents").selectAll().execute();
  await db.transaction().execute(async (tx) => {
    await tx.insertInto("log").values(rows.map((row) => ({ n: row.id }))).execute();
  });
  await db.transaction().execute(async (tx) => {
    await tx.insertInto("log").values({ n: 99 }).execute();
    throw new Error("back");
  }).catch(() => undefined);
}
export async function down(db: Kysely<any>): Promise<void> {
  await db.deleteFrom("log").execute();
}
`,
  "003_rebuild.ts": `import type { Kysely } from "kysely";
import { sql } from "kysely";
export async function up(db: Kysely<any>): Promise<void> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === "parents")) throw new Error("no parents");
  await sql\`PRAGMA foreign_keys = OFF\`.execute(db);
  await db.schema.createTable("fresh").addColumn("id", "integer", (c) => c.primaryKey()).addColumn("plan", "text").execute();
  await sql\`insert into fresh select id, plan from parents\`.execute(db);
  await db.schema.dropTable("parents").execute();
  await db.schema.alterTable("fresh").renameTo("parents").execute();
}
`,
};
const names = ["001_shop", "002_read", "003_rebuild"];

async function kyselyFolder(contents: Readonly<Record<string, string>> = files): Promise<string> {
  const dir = await writeFiles(contents);
  await symlink(modules, path.join(dir, "..", "node_modules"));
  return dir;
}

async function newFile(): Promise<string> {
  return path.join(await scratchFolder(), "tenant.db");
}

/** Kysely's own migrator. */
async function kysely(
  file: string,
  dir: string,
  run: (migrator: Migrator) => Promise<MigrationResultSet>,
  disableTransactions = true,
): Promise<string[]> {
  const db = new Kysely<unknown>({ dialect: new LitefleetDialect({ url: `file:${file}`, timeout: 10_000 }) });
  try {
    const importing = (module: string): Promise<unknown> => import(pathToFileURL(module).href);
    const provider = new FileMigrationProvider({ fs, path, migrationFolder: dir, import: importing });
    const { error, results } = await run(new Migrator({ db, provider, disableTransactions }));
    if (error !== undefined) throw new Error("Kysely's migrator failed", { cause: error });
    return (results ?? []).map(({ migrationName }) => migrationName);
  } finally {
    await db.destroy();
  }
}

test("a folder of Kysely is read; what only writes is known without a database", async () => {
  const { source, migrations } = await loadMigrations(await kyselyFolder());
  expect(source).toBe("kysely");
  expect(migrations.map(({ name }) => name)).toEqual(names);
  expect(migrations[0]?.statements.map(({ sql, args }) => [sql.split(" ").slice(0, 3).join(" "), args])).toEqual([
    ['create table "parents"', undefined],
    ['create table "children"', undefined],
    ["create table log", undefined],
    ['insert into "parents"', [1, "free"]],
    ['insert into "children"', [1, 1]],
  ]);
  expect(migrations.map(({ code }) => code?.up !== undefined)).toEqual([false, true, true]);
});

test("what was applied here is applied for Kysely's migrator, and the other way round", async () => {
  const dir = await kyselyFolder();
  const [ours, theirs] = [await newFile(), await newFile()];
  const client = openFile(ours);
  expect(await migrate(client, { dir })).toMatchObject({ applied: names });
  expect(await countsOf(client, "parents", "children", "log")).toEqual({ parents: 1, children: 2, log: 1 });
  client.close();
  expect(await kysely(ours, dir, (migrator) => migrator.migrateToLatest())).toEqual([]);
  expect(await kysely(theirs, dir, (migrator) => migrator.migrateUp())).toEqual(["001_shop"]);
  const other = openFile(theirs);
  expect(await status(other, { dir })).toMatchObject({ applied: ["001_shop"], pending: names.slice(1) });
  expect(await migrate(other, { dir })).toMatchObject({ applied: names.slice(1) });
  expect(await countsOf(other, "parents", "children", "log")).toEqual({ parents: 1, children: 2, log: 1 });
  other.close();
  expect(await kysely(theirs, dir, (migrator) => migrator.migrateToLatest())).toEqual([]);
  expect(await schemaOf(openFile(ours))).toEqual(await schemaOf(openFile(theirs)));
});

test("a run here and several of Kysely's at the same moment apply each migration once", async () => {
  const { "003_rebuild.ts": _, "002_read.ts": __, ...first } = files;
  const dir = await kyselyFolder({
    ...first,
    "002_more.ts": `export async function up(db) { await db.insertInto("log").values({ n: 7 }).execute(); }`,
  });
  for (let round = 0; round < 3; round += 1) {
    const file = await newFile();
    const client = openFile(file);
    const theirs = Array.from({ length: 3 }, () => kysely(file, dir, (migrator) => migrator.migrateToLatest(), false));
    const [ours, ...others] = await Promise.all([migrate(client, { dir }), ...theirs]);
    expect([...ours.applied, ...others.flat()].toSorted()).toEqual(["001_shop", "002_more"]);
    expect(await countsOf(client, "parents", "children", "log")).toEqual({ parents: 1, children: 2, log: 1 });
    client.close();
  }
});

test("Kysely undoes what was applied here, and here what Kysely applied", async () => {
  const { "003_rebuild.ts": _, ...two } = files;
  const dir = await kyselyFolder(two);
  const file = await newFile();
  const client = openFile(file);
  await migrate(client, { dir });
  client.close();
  expect(await kysely(file, dir, (migrator) => migrator.migrateDown())).toEqual(["002_read"]);
  const again = openFile(file);
  expect(await status(again, { dir })).toMatchObject({ applied: ["001_shop"], pending: ["002_read"] });
  expect(await down(again, { dir })).toMatchObject({ reverted: ["001_shop"] });
  expect((await schemaOf(again)).filter((sql) => !sql.includes("kysely_migration"))).toEqual([]);
  again.close();
  expect(await kysely(file, dir, (migrator) => migrator.migrateToLatest())).toEqual(names.slice(0, 2));
});

test("a migration that fails leaves nothing of itself, and one without down cannot be undone", async () => {
  const dir = await kyselyFolder({
    ...files,
    "004_bad.ts": `export async function up(db) {
  await db.selectFrom("parents").selectAll().execute();
  await db.insertInto("log").values({ n: 5 }).execute();
  await db.insertInto("nowhere").values({ n: 5 }).execute();
}`,
  });
  const client = openFile(await newFile());
  expect(await failure(migrate(client, { dir, tx: "file" }))).toMatchObject({
    code: "MIGRATION_FAILED",
    migration: "004_bad",
    applied: names,
    failed: "004_bad",
  });
  expect(await countsOf(client, "log")).toEqual({ log: 1 });
  await writeFile(path.join(dir, "004_bad.ts"), "export async function up() {}");
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["004_bad"] });
  expect(await failure(down(client, { dir }))).toMatchObject({ code: "DOWN_UNSUPPORTED", migration: "004_bad" });
  await writeFile(path.join(dir, "001_shop.ts"), `${files["001_shop.ts"]}// edited\n`);
  expect(await status(client, { dir })).toMatchObject({ edited: ["001_shop"] });
});

test("a migration may use transactions of the dialect's own, and streams", async () => {
  const dir = await kyselyFolder({
    "001_log.ts": `export async function up(db) {
  await db.schema.createTable("log").addColumn("n", "integer", (column) => column.unique()).execute();
}`,
    "002_concurrent.ts": `import { concurrent, transaction } from "@litefleet/kysely-dialect";
export async function up(db) {
  const added = await concurrent(db, async (trx) => {
    await trx.insertInto("log").values({ n: 1 }).execute();
    return 2;
  });
  await transaction(db, (trx) => trx.insertInto("log").values({ n: added }).execute(), { mode: "write" });
  const back = transaction(db, async (trx) => {
    await trx.insertInto("log").values({ n: 3 }).execute();
    throw new Error("back");
  });
  await back.catch(() => undefined);
}`,
    "003_stream.ts": `import { sql } from "kysely";
export async function up(db) {
  const tables = db.selectFrom("sqlite_master").select("name").where("name", "=", "log").stream(1);
  for await (const { name } of tables) await sql\`insert into \${sql.id(name)} values (4)\`.execute(db);
}`,
  });
  const client = openFile(await newFile());
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["001_log", "002_concurrent", "003_stream"] });
  expect((await client.execute("SELECT n FROM log ORDER BY n")).rows.map((row) => row["n"])).toEqual([1, 2, 4]);
  client.close();
});
