import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { loadMigrations, migrate, status } from "../src/index.ts";
import type { MigrateOptions } from "../src/index.ts";
import { failure } from "./failure.ts";
import { withPrismaEngine } from "./prisma-engine.ts";
import { runCli } from "./run-node.ts";
import { countsOf, openFile, schemaOf, scratchFolder } from "./scratch.ts";

/** As Prisma Migrate writes them; the second one rebuilds the parent table, for a changed default. */
const shop = {
  "20250101000000_init": `-- CreateTable
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "plan" TEXT NOT NULL DEFAULT 'free'
);

-- CreateTable
CREATE TABLE "Post" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "userId" INTEGER NOT NULL,
    CONSTRAINT "Post_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
`,
  "20250102000000_plan": `-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "plan" TEXT NOT NULL DEFAULT 'starter'
);
INSERT INTO "new_User" ("id", "plan") SELECT "id", "plan" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;
`,
};
const names = Object.keys(shop);
const [first = "", second = ""] = names;

async function writePrismaFolder(migrations: Readonly<Record<string, string>>): Promise<string> {
  const dir = path.join(await scratchFolder(), "migrations");
  await mkdir(dir);
  await writeFile(path.join(dir, "migration_lock.toml"), '# Do not edit\nprovider = "sqlite"\n');
  for (const [name, sql] of Object.entries(migrations)) {
    await mkdir(path.join(dir, name));
    await writeFile(path.join(dir, name, "migration.sql"), sql);
  }
  return dir;
}

async function newFile(): Promise<string> {
  return path.join(await scratchFolder(), "tenant.db");
}

/** Applies with Prisma. */
function deploy(file: string, migrations: Readonly<Record<string, string>>): Promise<string[]> {
  return withPrismaEngine(file, migrations, (engine) => engine.deploy());
}

/** Migrates, and lets go of the file: Prisma's engine wants it for itself. */
async function migrateFile(file: string, options: MigrateOptions): Promise<readonly string[]> {
  const client = openFile(file);
  try {
    return (await migrate(client, options)).applied;
  } finally {
    client.close();
  }
}

/** What the ledger holds, save for ids and times: of these, only whether they look as they should. */
async function ledgerOf(file: string): Promise<unknown[]> {
  const { rows } = await openFile(file).execute(
    "SELECT migration_name, checksum, logs, rolled_back_at, applied_steps_count, length(id), started_at, finished_at " +
      "FROM _prisma_migrations ORDER BY migration_name",
  );
  const isTime = (value: unknown): boolean => /^[\d-]{10}T[\d:]{8}\.\d{3}\+00:00$/u.test(String(value));
  return rows.map((row) => [
    ...Array.from({ length: 6 }, (_, i) => row[i]),
    isTime(row["started_at"]),
    isTime(row["finished_at"]),
  ]);
}

test("what Prisma applied counts as applied", async () => {
  const [file, dir] = [await newFile(), await writePrismaFolder(shop)];
  expect(await deploy(file, shop)).toEqual(names);
  const client = openFile(file);
  expect(await status(client, { dir })).toMatchObject({ state: "up-to-date", applied: names });
  expect(await migrate(client, { dir })).toMatchObject({ state: "up-to-date", applied: [] });
});

test("Prisma finds nothing to do and nothing wrong afterwards", async () => {
  const [file, dir] = [await newFile(), await writePrismaFolder(shop)];
  expect(await migrateFile(file, { dir })).toEqual(names);
  await withPrismaEngine(file, shop, async (engine) => {
    expect(await engine.diagnose()).toMatchObject({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
    expect(await engine.deploy()).toEqual([]);
  });
});

test("schema and ledger are the same, whoever applied which migration", async () => {
  const dir = await writePrismaFolder(shop);
  const [ours, theirs, oursThenTheirs, theirsThenOurs] = [
    await newFile(),
    await newFile(),
    await newFile(),
    await newFile(),
  ];
  await migrateFile(ours, { dir });
  await deploy(theirs, shop);
  await migrateFile(oursThenTheirs, { dir, to: first });
  expect(await deploy(oursThenTheirs, shop)).toEqual([second]);
  await deploy(theirsThenOurs, { [first]: shop["20250101000000_init"] });
  expect(await migrateFile(theirsThenOurs, { dir })).toEqual([second]);
  for (const file of [ours, oursThenTheirs, theirsThenOurs]) {
    expect(await schemaOf(openFile(file))).toEqual(await schemaOf(openFile(theirs)));
    expect(await ledgerOf(file)).toEqual(await ledgerOf(theirs));
  }
});

test("a rebuild of the parent table loses no row", async () => {
  const [client, dir] = [openFile(await newFile()), await writePrismaFolder(shop)];
  await migrate(client, { dir, to: first });
  await client.execute('INSERT INTO "User" (id) VALUES (1)');
  await client.execute('INSERT INTO "Post" ("userId") VALUES (1), (1)');
  await migrate(client, { dir });
  expect(await countsOf(client, "User", "Post")).toEqual({ User: 1, Post: 2 });
});

test("a migration that failed with Prisma is named and refused until it is resolved", async () => {
  const broken = { ...shop, "20250103000000_broken": "CREATE TABLE half (x);\nCREATE TABLE half (x);\n" };
  const [file, dir] = [await newFile(), await writePrismaFolder(broken)];
  await expect(deploy(file, broken)).rejects.toThrow();
  const client = openFile(file);
  expect(await status(client, { dir })).toMatchObject({
    state: "diverged",
    applied: names,
    pending: [],
    failed: ["20250103000000_broken"],
  });
  expect(await failure(migrate(client, { dir }))).toMatchObject({
    code: "HISTORY_FAILED",
    migration: "20250103000000_broken",
  });
  await client.execute("DROP TABLE half");
  client.close();
  await withPrismaEngine(file, broken, (engine) => engine.markRolledBack("20250103000000_broken"));
  const repaired = { ...shop, "20250103000000_broken": "CREATE TABLE half (x);\n" };
  const applied = await migrateFile(file, { dir: await writePrismaFolder(repaired) });
  expect(applied).toEqual(["20250103000000_broken"]);
  expect(await withPrismaEngine(file, repaired, (engine) => engine.diagnose())).toMatchObject({
    failedMigrationNames: [],
    editedMigrationNames: [],
    history: null,
  });
});

test("edited, late and missing migrations are named, as Prisma's diagnosis names them", async () => {
  const file = await newFile();
  await migrateFile(file, { dir: await writePrismaFolder(shop) });
  const edited = { ...shop, [first]: `${shop["20250101000000_init"]}-- edited\n` };
  const crlf = Object.fromEntries(Object.entries(shop).map(([name, sql]) => [name, sql.replaceAll("\n", "\r\n")]));
  const late = { ...shop, "20250101120000_late": "CREATE TABLE late (x);\n" };
  const client = openFile(file);
  expect(await status(client, { dir: await writePrismaFolder(edited) })).toMatchObject({ edited: [first] });
  expect(await status(client, { dir: await writePrismaFolder(crlf) })).toMatchObject({ state: "up-to-date" });
  expect(
    await status(client, { dir: await writePrismaFolder({ [first]: shop["20250101000000_init"] }) }),
  ).toMatchObject({ missing: [second] });
  const dir = await writePrismaFolder(late);
  expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_OUT_OF_ORDER" });
  client.close();
  for (const [migrations, expected] of [
    [edited, [first]],
    [crlf, []],
  ] as const) {
    const { editedMigrationNames } = await withPrismaEngine(file, migrations, (engine) => engine.diagnose());
    expect(editedMigrationNames).toEqual(expected);
  }
  expect(await migrateFile(file, { dir, order: "allow" })).toEqual(["20250101120000_late"]);
  expect(await deploy(file, late)).toEqual([]);
});

test("folders are read in the order of their names", async () => {
  const { source, migrations } = await loadMigrations(await writePrismaFolder(shop));
  expect(source).toBe("prisma");
  expect(migrations.map(({ name }) => name)).toEqual(names);
  expect(migrations[1]?.statements.map(({ line }) => line)).toEqual([2, 3, 4, 8, 9, 10, 11, 12]);
});

test("a foreign table in the ledger's place is left alone", async () => {
  const client = openFile(await newFile());
  await client.execute("CREATE TABLE _prisma_migrations (id)");
  expect(await failure(migrate(client, { dir: await writePrismaFolder(shop) }))).toMatchObject({
    code: "LEDGER_INVALID",
  });
});

test("the command line finds the format and its ledger by itself", async () => {
  const [file, dir] = [await newFile(), await writePrismaFolder(shop)];
  expect(await runCli(["up", "--dir", dir, "--targets", file])).toMatchObject({ code: 0 });
  expect(await deploy(file, shop)).toEqual([]);
});
