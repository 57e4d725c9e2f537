import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { concurrent } from "../src/index.ts";
import { createDatabase, createTables } from "./databases.ts";

describe("Turso Database", () => {
  it("runs concurrent transactions side by side, and again after a conflict", async () => {
    await using database = await createDatabase("turso");
    const db = database.open();
    await createTables(db);
    const open = Promise.withResolvers<void>();
    let runs = 0;
    const first = concurrent(db, async (trx) => {
      const { age } = await trx.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
      runs += 1;
      // The second transaction writes the same row, and commits, while this one is open for the first time.
      if (runs === 1) await open.promise;
      await trx
        .updateTable("person")
        .set({ age: (age ?? 0) + 1 })
        .where("id", "=", 1)
        .execute();
    });
    await concurrent(db, (trx) => trx.updateTable("person").set({ age: 50 }).where("id", "=", 1).execute());
    open.resolve();
    await first;
    expect(runs).toBe(2);
    const ada = await db.selectFrom("person").select("age").where("id", "=", 1).executeTakeFirstOrThrow();
    expect(ada.age).toBe(51);
  });

  it("rejects with CONFLICT where nobody runs the transaction again", async () => {
    await using database = await createDatabase("turso");
    const db = database.open();
    await createTables(db);
    const attempt = db
      .transaction()
      .setIsolationLevel("snapshot")
      .execute(async (trx) => {
        await trx.selectFrom("person").selectAll().execute();
        await concurrent(db, (other) => other.updateTable("person").set({ age: 50 }).where("id", "=", 1).execute());
        await trx.updateTable("person").set({ age: 1 }).where("id", "=", 1).execute();
      });
    await expect(attempt).rejects.toMatchObject({ code: "CONFLICT", isRetryable: true });
  });

  it("keeps nobody waiting after the introspection", async () => {
    await using database = await createDatabase("turso");
    const db = database.open();
    await createTables(db);
    await db.introspection.getTables();
    const write = database.open().updateTable("person").set({ age: 50 }).where("id", "=", 1).execute();
    await Promise.all([write, db.schema.createTable("later").addColumn("a", "integer").execute()]);
    await concurrent(db, (trx) => trx.updateTable("person").set({ age: 51 }).where("id", "=", 1).execute());
    expect((await db.introspection.getTables()).map((table) => table.name)).toEqual(["later", "person", "pet"]);
  });

  it("keeps its own tables out of the introspection", async () => {
    await using database = await createDatabase("turso");
    const db = database.open<unknown>();
    await sql`create table article (id integer primary key autoincrement, title text not null default '')`.execute(db);
    await sql`create view titles as select title from article`.execute(db);
    const { rows } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db);
    expect(rows.some(({ name }) => name.startsWith("__turso_internal_"))).toBe(true);
    const tables = await db.introspection.getTables();
    expect(tables.map((table) => table.name)).toEqual(["article", "titles"]);
    expect(
      tables[0]?.columns.map((column) => [column.name, column.isAutoIncrementing, column.hasDefaultValue]),
    ).toEqual([
      ["id", true, false],
      ["title", false, true],
    ]);
  });
});
