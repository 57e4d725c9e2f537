import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@litefleet/driver";
import { sql } from "drizzle-orm";
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql";
import { migrate as migrateLibsql } from "drizzle-orm/libsql/migrator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../src/migrate.ts";
import { drizzle } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";

let scratch: string;
let migrationsFolder: string;

/** As drizzle-kit writes it: the second migration rebuilds a table that another refers to with ON DELETE CASCADE. */
const migrations = {
  "0000_start":
    "CREATE TABLE `shelves` (`id` integer PRIMARY KEY NOT NULL, `room` text);\n--> statement-breakpoint\n" +
    "CREATE TABLE `boxes` (`id` integer PRIMARY KEY NOT NULL, `shelf_id` integer NOT NULL,\n" +
    "  FOREIGN KEY (`shelf_id`) REFERENCES `shelves`(`id`) ON UPDATE no action ON DELETE cascade);\n",
  "0001_room":
    "PRAGMA foreign_keys=OFF;--> statement-breakpoint\n" +
    "CREATE TABLE `__new_shelves` (`id` integer PRIMARY KEY NOT NULL, `room` text DEFAULT 'attic');\n--> statement-breakpoint\n" +
    'INSERT INTO `__new_shelves`("id", "room") SELECT "id", "room" FROM `shelves`;--> statement-breakpoint\n' +
    "DROP TABLE `shelves`;--> statement-breakpoint\n" +
    "ALTER TABLE `__new_shelves` RENAME TO `shelves`;--> statement-breakpoint\nPRAGMA foreign_keys=ON;",
};
const tags = Object.keys(migrations);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "litefleet-drizzle-migrate-"));
  migrationsFolder = join(scratch, "drizzle");
  await mkdir(join(migrationsFolder, "meta"), { recursive: true });
  for (const [tag, text] of Object.entries(migrations)) await writeFile(join(migrationsFolder, `${tag}.sql`), text);
  const entries = tags.map((tag, idx) => ({
    idx,
    version: "6",
    when: 1_700_000_000_000 + idx,
    tag,
    breakpoints: true,
  }));
  const journal = JSON.stringify({ version: "7", dialect: "sqlite", entries });
  await writeFile(join(migrationsFolder, "meta", "_journal.json"), journal);
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

onEachDatabase((current) => {
  test("migrate() applies what is pending, once, and loses no row of a table that refers to a rebuilt one", async () => {
    const { db } = current();
    expect(await migrate(db, { migrationsFolder, to: tags[0] })).toMatchObject({ applied: tags.slice(0, 1) });
    await db.batch([
      db.run(sql`insert into shelves (id) values (1), (2)`),
      db.run(sql`insert into boxes (shelf_id) values (1), (1), (2)`),
    ]);
    expect(await migrate(db, { migrationsFolder })).toMatchObject({ state: "migrated", applied: tags.slice(1) });
    expect(await migrate(db, { migrationsFolder })).toMatchObject({ state: "up-to-date", applied: [] });
    expect(await db.values(sql`select count(*) from shelves, boxes where shelves.id = shelf_id`)).toEqual([[3]]);
  });
});

test("Drizzle's own migrator agrees afterwards", async () => {
  const url = `file:${join(scratch, "agrees.db")}`;
  await using db = drizzle(url);
  await migrate(db, { migrationsFolder: pathToFileURL(migrationsFolder), migrationsTable: "applied" });
  const theirs = drizzleLibsql(url);
  try {
    // It would fail at the first CREATE TABLE if it applied anything.
    await migrateLibsql(theirs, { migrationsFolder, migrationsTable: "applied" });
  } finally {
    theirs.$client.close();
  }
  expect(await db.values(sql`select count(*) from applied`)).toEqual([[2]]);
});

test("its errors are those of @litefleet/migrate, and a client passed in stays open", async () => {
  await using client = createClient({ url: ":memory:" });
  const db = drizzle(client);
  await expect(migrate(db, { migrationsFolder: join(scratch, "nowhere") })).rejects.toMatchObject({
    code: "DIR_INVALID",
  });
  await expect(migrate(db, { migrationsFolder, to: "0007_x" })).rejects.toMatchObject({ code: "MIGRATION_UNKNOWN" });
  expect(client.closed).toBe(false);
  // @ts-expect-error -- a database without a client
  await expect(migrate(drizzle.mock(), { migrationsFolder })).rejects.toThrow(TypeError);
});
