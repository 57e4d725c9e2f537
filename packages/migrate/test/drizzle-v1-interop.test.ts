import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { drizzle } from "drizzle-orm-v1/libsql";
import { migrate as drizzleMigrate } from "drizzle-orm-v1/libsql/migrator";
import { describe, expect, test } from "vitest";
import { migrate, status } from "../src/index.ts";
import { blogDir, blogV1Dir, blogV1Migrations, fillBlog } from "./blog.ts";
import { failure } from "./failure.ts";
import { countsOf, openFile, schemaOf, scratchFolder, writeFolderV1 } from "./scratch.ts";

const [first = "", second = ""] = blogV1Migrations;

async function newFile(): Promise<string> {
  return path.join(await scratchFolder(), "tenant.db");
}

async function runDrizzle(file: string, migrationsFolder = blogV1Dir): Promise<void> {
  const db = drizzle(`file:${file}`);
  try {
    await drizzleMigrate(db, { migrationsFolder });
  } finally {
    db.$client.close();
  }
}

/** What the ledger holds, save for the time at which each was applied: of that, only whether it is known. */
async function ledgerOf(file: string): Promise<unknown[]> {
  const { rows } = await openFile(file).execute(
    `SELECT id, hash, created_at, typeof(created_at), name, applied_at IS NOT NULL FROM __drizzle_migrations`,
  );
  return rows.map((row) => Array.from({ length: 6 }, (_, i) => row[i]));
}

/** The blog with another migration at its end. */
async function blogAndMore(): Promise<string> {
  const dir = await writeFolderV1({ "20261122000000_tags": "CREATE TABLE tags (name text)" });
  await cp(blogV1Dir, dir, { recursive: true });
  return dir;
}

/** The blog's first migration only. */
async function blogStart(): Promise<string> {
  return writeFolderV1({ [first]: await readFile(path.join(blogV1Dir, first, "migration.sql"), "utf8") });
}

test("what drizzle's migrator applied counts as applied", async () => {
  const file = await newFile();
  await runDrizzle(file);
  const client = openFile(file);
  expect(await status(client, { dir: blogV1Dir })).toMatchObject({ state: "up-to-date", applied: blogV1Migrations });
  expect(await migrate(client, { dir: blogV1Dir })).toMatchObject({ state: "up-to-date", applied: [] });
});

test("drizzle's migrator finds nothing to do afterwards", async () => {
  const file = await newFile();
  await migrate(openFile(file), { dir: blogV1Dir });
  const ledger = await ledgerOf(file);
  // It would fail at the first CREATE TABLE if it applied anything.
  await runDrizzle(file);
  expect(await ledgerOf(file)).toEqual(ledger);
});

test("schema and ledger are the same, whoever applied which migration", async () => {
  const [ours, theirs, oursThenTheirs, theirsThenOurs] = [
    await newFile(),
    await newFile(),
    await newFile(),
    await newFile(),
  ];
  await migrate(openFile(ours), { dir: blogV1Dir });
  await runDrizzle(theirs);
  await migrate(openFile(oursThenTheirs), { dir: blogV1Dir, to: first });
  await runDrizzle(oursThenTheirs);
  await runDrizzle(theirsThenOurs, await blogStart());
  expect(await migrate(openFile(theirsThenOurs), { dir: blogV1Dir })).toMatchObject({ applied: [second] });
  for (const file of [ours, oursThenTheirs, theirsThenOurs]) {
    expect(await schemaOf(openFile(file))).toEqual(await schemaOf(openFile(theirs)));
    expect(await ledgerOf(file)).toEqual(await ledgerOf(theirs));
  }
});

test("a rebuild of the parent table loses no row", async () => {
  const client = openFile(await newFile());
  await migrate(client, { dir: blogV1Dir, to: first });
  await fillBlog(client);
  await migrate(client, { dir: blogV1Dir });
  expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
});

describe("a ledger of drizzle before 1.0", () => {
  test("is understood, and left as it is when there is nothing to apply", async () => {
    const client = openFile(await newFile());
    await migrate(client, { dir: blogDir });
    const before = await schemaOf(client);
    expect(await status(client, { dir: blogV1Dir })).toMatchObject({ state: "up-to-date", applied: blogV1Migrations });
    expect(await migrate(client, { dir: blogV1Dir })).toMatchObject({ state: "up-to-date" });
    expect(await schemaOf(client)).toEqual(before);
  });

  test("is upgraded as drizzle upgrades it", async () => {
    const dir = await blogAndMore();
    const [ours, theirs] = [await newFile(), await newFile()];
    for (const file of [ours, theirs]) await migrate(openFile(file), { dir: blogDir });
    expect(await migrate(openFile(ours), { dir })).toMatchObject({ applied: ["20261122000000_tags"] });
    await runDrizzle(theirs, dir);
    expect(await ledgerOf(ours)).toEqual(await ledgerOf(theirs));
    expect(await schemaOf(openFile(ours))).toEqual(await schemaOf(openFile(theirs)));
    await runDrizzle(ours, dir);
    expect(await ledgerOf(ours)).toHaveLength(3);
  });
});

describe("what drizzle does not look at", () => {
  test("an edited migration is named and refused", async () => {
    const client = openFile(await newFile());
    await migrate(client, { dir: await writeFolderV1({ "20260101000000_a": "CREATE TABLE a (x)" }) });
    const dir = await writeFolderV1({ "20260101000000_a": "CREATE TABLE a (x, y)" });
    expect(await status(client, { dir })).toMatchObject({ state: "diverged", edited: ["20260101000000_a"] });
    expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_EDITED" });
  });

  test("one that comes in before an applied one is refused, applied or left out, as one wants", async () => {
    const client = openFile(await newFile());
    const [a, b, c] = ["20260101000000_a", "20260102000000_b", "20260103000000_c"] as const;
    await migrate(client, { dir: await writeFolderV1({ [a]: "CREATE TABLE a (x)", [c]: "CREATE TABLE c (x)" }) });
    const dir = await writeFolderV1({
      [a]: "CREATE TABLE a (x)",
      [b]: "CREATE TABLE b (x)",
      [c]: "CREATE TABLE c (x)",
    });
    expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "HISTORY_OUT_OF_ORDER", migration: b });
    expect(await migrate(client, { dir, order: "skip" })).toMatchObject({ applied: [] });
    expect(await migrate(client, { dir, order: "allow" })).toMatchObject({ applied: [b] });
    expect(await status(client, { dir })).toMatchObject({ state: "up-to-date", applied: [a, b, c] });
  });

  test("one that the folder lacks is named", async () => {
    const client = openFile(await newFile());
    await migrate(client, { dir: blogV1Dir });
    expect(await status(client, { dir: await blogStart() })).toMatchObject({ state: "diverged", missing: [second] });
  });
});
