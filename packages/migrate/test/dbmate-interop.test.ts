import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { resolveBinary } from "dbmate";
import { expect, test } from "vitest";
import { loadMigrations, migrate, status } from "../src/index.ts";
import { failure } from "./failure.ts";
import { runCli } from "./run-node.ts";
import { countsOf, openFile, schemaOf, scratchFolder } from "./scratch.ts";

const versions = ["20250101000000", "20250102000000", "20250103000000"] as const;
const files = {
  [`${versions[0]}_shop.sql`]:
    "-- migrate:up\nCREATE TABLE parents (id INTEGER PRIMARY KEY, plan TEXT DEFAULT 'free');\n" +
    "CREATE TABLE children (parent REFERENCES parents (id) ON DELETE CASCADE);\n" +
    "INSERT INTO parents (id) VALUES (1);\nINSERT INTO children VALUES (1), (1);\n\n" +
    "-- migrate:down\nDROP TABLE children;\nDROP TABLE parents;\n",
  [`${versions[1]}_log.sql`]:
    "-- a note\n\n-- migrate:up transaction:false\nCREATE TABLE log (n);\n" +
    "CREATE TRIGGER seen AFTER INSERT ON children BEGIN INSERT INTO log VALUES (';'); END;\n-- migrate:down\n",
  [`${versions[2]}_plan.sql`]:
    "-- migrate:up\nCREATE TABLE fresh (id INTEGER PRIMARY KEY, plan TEXT DEFAULT 'starter');\n" +
    "INSERT INTO fresh SELECT id, plan FROM parents;\nDROP TABLE parents;\nALTER TABLE fresh RENAME TO parents;\n" +
    "-- migrate:down\n",
};
const names = Object.keys(files).map((file) => file.slice(0, -".sql".length));

async function writeDbmateFolder(contents: Readonly<Record<string, string>>): Promise<string> {
  const dir = path.join(await scratchFolder(), "migrations");
  await mkdir(dir);
  for (const [file, sql] of Object.entries(contents)) await writeFile(path.join(dir, file), sql);
  return dir;
}

async function newFile(): Promise<string> {
  return path.join(await scratchFolder(), "tenant.db");
}

/** Runs the real dbmate; answers what it prints. */
async function dbmate(file: string, dir: string, ...args: readonly string[]): Promise<string> {
  const all = ["--url", `sqlite:${file}`, "--migrations-dir", dir, "--no-dump-schema", ...args];
  return (await promisify(execFile)(resolveBinary(), all)).stdout;
}

async function ledgerOf(file: string): Promise<unknown[]> {
  const { rows } = await openFile(file).execute(
    "SELECT version, typeof(version) FROM schema_migrations ORDER BY version",
  );
  return rows.map((row) => [row[0], row[1]]);
}

test("what dbmate applied counts as applied", async () => {
  const [file, dir] = [await newFile(), await writeDbmateFolder(files)];
  await dbmate(file, dir, "up");
  const client = openFile(file);
  expect(await status(client, { dir })).toMatchObject({ state: "up-to-date", applied: names });
  expect(await migrate(client, { dir })).toMatchObject({ state: "up-to-date", applied: [] });
});

test("dbmate finds nothing to do afterwards", async () => {
  const [file, dir] = [await newFile(), await writeDbmateFolder(files)];
  expect(await migrate(openFile(file), { dir })).toMatchObject({ applied: names });
  // It exits with an error if something is pending.
  expect(await dbmate(file, dir, "status", "--exit-code")).toMatch(/Pending: 0/u);
  expect(await dbmate(file, dir, "up", "--strict")).toBe("");
});

test("schema and ledger are the same, whoever applied which migration", async () => {
  const dir = await writeDbmateFolder(files);
  const [ours, theirs, mixed] = [await newFile(), await newFile(), await newFile()];
  await migrate(openFile(ours), { dir });
  await dbmate(theirs, dir, "up");
  await migrate(openFile(mixed), { dir, to: versions[1] });
  await dbmate(mixed, dir, "up");
  for (const file of [ours, mixed]) {
    expect(await schemaOf(openFile(file))).toEqual(await schemaOf(openFile(theirs)));
    expect(await ledgerOf(file)).toEqual(await ledgerOf(theirs));
  }
});

test("what was migrated here is rolled back by dbmate, and migrated here again", async () => {
  const { [`${versions[0]}_shop.sql`]: first = "" } = files;
  const [file, dir] = [await newFile(), await writeDbmateFolder({ "1_shop.sql": first })];
  await migrate(openFile(file), { dir });
  await dbmate(file, dir, "rollback");
  const client = openFile(file);
  expect(await status(client, { dir })).toMatchObject({ state: "pending", pending: ["1_shop"] });
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["1_shop"] });
});

test("a rebuild of the parent table loses no row", async () => {
  const [client, dir] = [openFile(await newFile()), await writeDbmateFolder(files)];
  await migrate(client, { dir });
  expect(await countsOf(client, "parents", "children")).toEqual({ parents: 1, children: 2 });
});

test("the up block is what is read, with the lines of the file", async () => {
  const { source, migrations } = await loadMigrations(await writeDbmateFolder(files));
  expect(source).toBe("dbmate");
  expect(migrations.map(({ name, version }) => [name, version])).toEqual(names.map((name, i) => [name, versions[i]]));
  expect(migrations[1]?.statements.map(({ line, sql }) => [line, sql.split(" ").slice(0, 3).join(" ")])).toEqual([
    [4, "CREATE TABLE log"],
    [5, "CREATE TRIGGER seen"],
  ]);
  expect(migrations[0]?.statements).toHaveLength(4);
});

test("a late migration is refused, applied or left out, and one that the folder lacks is named", async () => {
  const { [`${versions[1]}_log.sql`]: _, ...others } = files;
  const client = openFile(await newFile());
  await migrate(client, { dir: await writeDbmateFolder(others) });
  const dir = await writeDbmateFolder(files);
  expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_OUT_OF_ORDER", migration: names[1] });
  expect(await migrate(client, { dir, order: "allow" })).toMatchObject({ applied: [names[1]] });
  expect(await status(client, { dir: await writeDbmateFolder(others) })).toMatchObject({
    state: "diverged",
    missing: [versions[1]],
  });
});

test("what cannot be in a transaction runs outside; a foreign table in the ledger's place is refused", async () => {
  const client = openFile(await newFile());
  const dir = await writeDbmateFolder({ "1_a.sql": "-- migrate:up transaction:false\nVACUUM;\n-- migrate:down\n" });
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["1_a"] });
  await client.execute("DROP TABLE schema_migrations");
  await client.execute("CREATE TABLE schema_migrations (id INTEGER)");
  expect(await failure(migrate(client, { dir: await writeDbmateFolder(files) }))).toMatchObject({
    code: "LEDGER_INVALID",
  });
});

test.each([
  ["no up block", "-- migrate:down\n", /-- migrate:up/u],
  ["no down block", "-- migrate:up\nSELECT 1;\n", /-- migrate:down/u],
  ["the blocks the wrong way round", "-- migrate:down\n-- migrate:up\n", /before its/u],
  ["statements before them", "SELECT 1;\n-- migrate:up\n-- migrate:down\n", /statements before/u],
])("a file with %s is an error, as it is for dbmate", async (_, sql, text) => {
  const dir = await writeDbmateFolder({ ...files, "20250104000000_bad.sql": sql });
  await expect(loadMigrations(dir)).rejects.toMatchObject({
    code: "DIR_INVALID",
    message: expect.stringMatching(text),
  });
  await expect(dbmate(await newFile(), dir, "up")).rejects.toThrow();
});

test("a version twice is an error", async () => {
  const dir = await writeDbmateFolder({ ...files, [`${versions[0]}_again.sql`]: "-- migrate:up\n-- migrate:down\n" });
  await expect(loadMigrations(dir)).rejects.toMatchObject({ code: "DIR_INVALID" });
});

test("the command line finds the format and its ledger by itself", async () => {
  const [file, dir] = [await newFile(), await writeDbmateFolder(files)];
  expect(await runCli(["up", "--dir", dir, "--targets", file])).toMatchObject({ code: 0 });
  expect(await dbmate(file, dir, "status", "--exit-code")).toMatch(/Pending: 0/u);
});
