import { sql } from "kysely";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, createDatabase, createTables, databaseNames, names } from "./databases.ts";
import type { Tables, TestDatabase } from "./databases.ts";

describe.each(databaseNames)("streams on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Tables>;

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open();
    await createTables(db);
    await sql`
      insert into person (name, age, photo)
      select 'p' || value, value, x'01ff' from json_each('[1,2,3,4,5]')`.execute(db);
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("gives the rows of execute(), one after the other", async () => {
    const query = db.selectFrom("person").selectAll().orderBy("id");
    const streamed = await collect(query.stream(2));
    expect(streamed).toEqual(await query.execute());
    expect(streamed.at(-1)?.photo).toEqual(new Uint8Array([1, 255]));
    expect(Object.getPrototypeOf(streamed[0])).toBe(Object.prototype);
  });

  it("gathers as many rows as the chunk size says", async () => {
    const query = db.selectFrom("person").select("id").compile();
    const sizes: number[] = [];
    for await (const { rows } of db.getExecutor().stream(query, 3)) sizes.push(rows.length);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses the chunk size %s", async (chunkSize) => {
    await expect(collect(db.selectFrom("person").selectAll().stream(chunkSize))).rejects.toThrow(RangeError);
  });

  it("can be left early, and writers go on", async () => {
    for await (const row of db.selectFrom("person").selectAll().stream(1)) {
      if (row.id === 2) break;
    }
    await db.insertInto("person").values({ name: "Edsger" }).execute();
    expect(await names(db)).toContain("Edsger");
  });

  it("runs inside a transaction", async () => {
    const seen = await db.transaction().execute(async (trx) => {
      await trx.insertInto("person").values({ name: "Edsger" }).execute();
      return collect(trx.selectFrom("person").select("name").orderBy("id", "desc").stream(2));
    });
    expect(seen[0]).toEqual({ name: "Edsger" });
  });

  it("gives the rows of a write with RETURNING", async () => {
    const rows = await collect(db.deleteFrom("person").where("id", "<", 3).returning("name").stream());
    expect(rows).toEqual([{ name: "Ada" }, { name: "Grace" }]);
    expect(await names(db)).toHaveLength(5);
  });

  it("streams raw SQL that reads", async () => {
    const query = sql<{ name: string }>`select name from person where age <= ${3} order by id`.compile(db);
    const sizes: number[] = [];
    for await (const { rows } of db.getExecutor().stream(query, 2)) sizes.push(rows.length);
    expect(sizes).toEqual([2, 1]);
  });

  it("passes an error of the query", async () => {
    const query = db.selectFrom("person").select(sql`no_such_column`.as("x"));
    const code = name === "server" ? "SQL_INPUT_ERROR" : "SQLITE_ERROR";
    await expect(collect(query.stream())).rejects.toMatchObject({ code });
  });

  it("refuses undefined as a parameter", async () => {
    const query = db
      .selectFrom("person")
      .selectAll()
      .where("name", "=", sql<string>`${undefined}`);
    await expect(collect(query.stream())).rejects.toThrow(TypeError);
  });

  it("gives the rows of execute(), whatever the columns are called", async () => {
    const query = db
      .selectFrom("person")
      .select([sql`1`.as("x"), sql`2`.as("x"), sql`3`.as("length"), sql`4`.as("__proto__"), sql`5`.as("0")])
      .limit(2);
    const streamed = await collect(query.stream());
    expect(streamed.map((row) => Object.entries(row))).toEqual(
      (await query.execute()).map((row) => Object.entries(row)),
    );
    expect(streamed[0]).toMatchObject({ x: 2, length: 3, 0: 5 });
  });
});
