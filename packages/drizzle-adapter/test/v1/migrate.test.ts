import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@litefleet/drizzle-adapter/migrator";
import { sql } from "drizzle-orm-v1";
import { drizzle as drizzleLibsql } from "drizzle-orm-v1/libsql";
import { migrate as migrateLibsql } from "drizzle-orm-v1/libsql/migrator";
import { drizzle } from "@litefleet/drizzle-adapter/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEachDatabase } from "./databases.ts";

let scratch: string;
let migrationsFolder: string;

/** As drizzle-kit 1.0 writes them; the second adds a column. */
const migrations = {
  "20260101000000_start": "CREATE TABLE `shelves` (`id` integer PRIMARY KEY NOT NULL);\n",
  "20260102000000_room":
    "ALTER TABLE `shelves` ADD `room` text;--> statement-breakpoint\nCREATE INDEX `shelves_room` ON `shelves` (`room`);",
};
const names = Object.keys(migrations);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "litefleet-drizzle-v1-migrate-"));
  migrationsFolder = join(scratch, "drizzle");
  for (const [name, text] of Object.entries(migrations)) {
    await mkdir(join(migrationsFolder, name), { recursive: true });
    await writeFile(join(migrationsFolder, name, "migration.sql"), text);
    await writeFile(join(migrationsFolder, name, "snapshot.json"), "{}");
  }
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

onEachDatabase((current) => {
  test("migrate() takes a database of Drizzle 1.0 and applies what is pending, once", async () => {
    const { db } = current();
    expect(await migrate(db, { migrationsFolder, to: names[0] })).toMatchObject({ applied: names.slice(0, 1) });
    await db.run(sql`insert into shelves values (1)`);
    expect(await migrate(db, { migrationsFolder })).toMatchObject({ state: "migrated", applied: names.slice(1) });
    expect(await migrate(db, { migrationsFolder })).toMatchObject({ state: "up-to-date", applied: [] });
    expect(await db.all(sql`select * from shelves`)).toStrictEqual([{ id: 1, room: null }]);
  });
});

test("the migrator of Drizzle 1.0 agrees afterwards, and ours after it", async () => {
  const url = `file:${join(scratch, "agrees.db")}`;
  const other = `file:${join(scratch, "other.db")}`;
  await using db = drizzle(url);
  await using after = drizzle(other);
  await migrate(db, { migrationsFolder });
  for (const each of [url, other]) {
    const theirs = drizzleLibsql(each);
    try {
      // It would fail at the first CREATE TABLE if it applied anything again.
      await migrateLibsql(theirs, { migrationsFolder });
    } finally {
      theirs.$client.close();
    }
  }
  expect(await migrate(after, { migrationsFolder })).toMatchObject({ state: "up-to-date" });
  expect(await db.values(sql`select name from __drizzle_migrations order by id`)).toEqual(names.map((name) => [name]));
});
