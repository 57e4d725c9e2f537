import { LitefleetError } from "@litefleet/driver";
import { CompiledQuery, ParseJSONResultsPlugin, sql } from "kysely";
import type { Kysely } from "kysely";
import { jsonArrayFrom } from "kysely/helpers/sqlite";
import { afterAll, assert, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("queries on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Tables>;

  beforeAll(async () => {
    database = await createDatabase(name);
    db = database.open();
    await createTables(db);
  });

  beforeEach(async () => {
    await db.deleteFrom("person").where("id", ">", 2).execute();
    await db.updateTable("person").set({ photo: null }).execute();
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("selects plain objects", async () => {
    const rows = await db.selectFrom("person").select(["id", "name"]).orderBy("id").execute();
    expect(rows).toEqual([
      { id: 1, name: "Ada" },
      { id: 2, name: "Grace" },
    ]);
    expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
  });

  it("reports an insert as Kysely's own dialect does", async () => {
    const result = await db.insertInto("person").values({ name: "Edsger" }).executeTakeFirstOrThrow();
    const { id } = await db.selectFrom("person").select("id").where("name", "=", "Edsger").executeTakeFirstOrThrow();
    expect(result.insertId).toBe(BigInt(id));
    expect(result.numInsertedOrUpdatedRows).toBe(1n);
  });

  it("tells the last inserted id also where nothing was inserted, as SQLite does", async () => {
    const inserted = await db.insertInto("person").values({ name: "Edsger" }).executeTakeFirstOrThrow();
    const again = await db
      .insertInto("person")
      .values({ name: "Edsger" })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    expect(again.numInsertedOrUpdatedRows).toBe(0n);
    expect(again.insertId).toBe(inserted.insertId);
  });

  it("returns the rows of an insert with RETURNING", async () => {
    const row = await db
      .insertInto("person")
      .values({ name: "Barbara", age: 28 })
      .returning(["name", "age"])
      .executeTakeFirst();
    expect(row).toEqual({ name: "Barbara", age: 28 });
  });

  it("counts the rows of updates and deletes", async () => {
    const updated = await db.updateTable("person").set({ age: 40 }).executeTakeFirstOrThrow();
    expect(updated.numUpdatedRows).toBe(2n);
    expect(updated.numChangedRows).toBeUndefined();
    const deleted = await db.deleteFrom("person").where("id", "=", 99).executeTakeFirstOrThrow();
    expect(deleted.numDeletedRows).toBe(0n);
  });

  it("has no counts for statements that return rows", async () => {
    expect(await sql`select 1 as one`.execute(db)).toEqual({ rows: [{ one: 1 }] });
    const { numAffectedRows, insertId } = await db.executeQuery(db.selectFrom("person").selectAll().compile());
    expect({ numAffectedRows, insertId }).toEqual({
      numAffectedRows: undefined,
      insertId: undefined,
    });
  });

  it("nests related rows", async () => {
    await db.insertInto("pet").values({ name: "Catto", owner_id: 1 }).execute();
    const people = await db
      .withPlugin(new ParseJSONResultsPlugin())
      .selectFrom("person")
      .select((eb) => [
        "person.name",
        jsonArrayFrom(eb.selectFrom("pet").select("pet.name").whereRef("pet.owner_id", "=", "person.id")).as("pets"),
      ])
      .orderBy("person.id")
      .execute();
    expect(people).toEqual([
      { name: "Ada", pets: [{ name: "Catto" }] },
      { name: "Grace", pets: [] },
    ]);
  });

  it("gives blobs back as the Uint8Array they were", async () => {
    const photo = new Uint8Array([0, 1, 254, 255]);
    await db.updateTable("person").set({ photo }).where("id", "=", 1).execute();
    const row = await db.selectFrom("person").select("photo").where("id", "=", 1).executeTakeFirstOrThrow();
    expect(row.photo).toBeInstanceOf(Uint8Array);
    expect(row.photo).toEqual(photo);
    // As with Kysely's own dialect it is a Buffer, too, whose methods programs call; and nobody else writes to its memory.
    assert(Buffer.isBuffer(row.photo));
    expect(row.photo.toString("hex")).toBe("0001feff");
    expect(row.photo.subarray(2).readUInt16BE()).toBe(0xfeff);
    expect(row.photo.equals(photo)).toBe(true);
    expect(row.photo.buffer.byteLength).toBe(4);
    expect(structuredClone(row.photo)).toEqual(photo);
    // What was read can be written, and compared with.
    const same = db.selectFrom("person").select("id").where("photo", "=", row.photo);
    expect(await same.execute()).toEqual([{ id: 1 }]);
  });

  it("lets the last of two columns of one name win", async () => {
    const { rows } = await sql`select 1 as x, 2 as x`.execute(db);
    expect(rows).toEqual([{ x: 2 }]);
  });

  it("keeps columns whose names mean something to objects", async () => {
    const { rows } = await sql<
      Record<string, unknown>
    >`select 1 as "__proto__", 2 as "length", 3 as "0", 4 as "constructor"`.execute(db);
    expect(new Map(Object.entries(rows[0] ?? {}))).toEqual(
      new Map([
        ["0", 3],
        ["__proto__", 1],
        ["length", 2],
        ["constructor", 4],
      ]),
    );
  });

  it("passes the driver's error with its codes and the caller's stack", async () => {
    const failing = async (): Promise<void> => {
      await db.insertInto("person").values({ name: "Ada" }).execute();
    };
    const error = await failing().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LitefleetError);
    expect(error).toMatchObject({
      code: "SQLITE_CONSTRAINT",
      extendedCode: "SQLITE_CONSTRAINT_UNIQUE",
    });
    const stack = error instanceof Error ? error.stack : undefined;
    expect(stack).toContain("failing");
    expect(stack).toContain("queries.test.ts");
    // What was there before is not added again.
    const frames = stack?.split("\n") ?? [];
    expect(frames.filter((frame) => frame.includes("DefaultConnectionProvider"))).toHaveLength(1);
  });

  it.each([
    ["undefined", undefined],
    ["an array", [1, 2]],
    ["an object", { a: 1 }],
    ["a Map", new Map()],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
  ])("refuses %s as a parameter before anything runs", async (_what, value) => {
    const query = CompiledQuery.raw("insert into person (name, age) values (?, ?)", ["Nobody", value]);
    await expect(db.executeQuery(query)).rejects.toThrow(TypeError);
    await expect(db.executeQuery(query)).rejects.toThrow(/Parameter 2/u);
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2n ** 64n])("refuses %s as a parameter", async (value) => {
    await expect(sql`select ${value}`.execute(db)).rejects.toThrow(RangeError);
  });

  it("refuses two statements in one query", async () => {
    await expect(sql`delete from pet; delete from person`.execute(db)).rejects.toMatchObject({
      code: "SQL_MANY_STATEMENTS",
    });
    expect(await names(db)).toEqual(["Ada", "Grace"]);
  });

  it("keeps every digit of a large integer by the option intMode", async () => {
    const big = 2n ** 60n + 1n;
    await expect(sql`select ${big} as big`.execute(db)).rejects.toThrow(RangeError);
    await using other = await createDatabase(name);
    const exact = other.open({ intMode: "bigint" });
    expect((await sql`select ${big} as big`.execute(exact)).rows).toEqual([{ big }]);
  });
});
