import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LitefleetIntrospector } from "../src/index.ts";
import type { TableDetails } from "../src/index.ts";
import { createDatabase, databaseNames } from "./databases.ts";
import type { TestDatabase } from "./databases.ts";

/** What SQLite has and Turso Database refuses. */
const schema = [
  "create table by_key (k text primary key, v int) without rowid",
  "create table integer_key (k integer primary key, v int) without rowid",
  "create table two_keys (a text, b text, primary key (b, a)) without rowid",
  "create table stored (title text, slug text as (lower(title)) stored)",
  "create virtual table search using fts5(body)",
];

describe.each(databaseNames.filter((name) => name !== "turso"))("introspection of more on %s", (name) => {
  let database: TestDatabase;
  let details: Map<string, TableDetails>;

  beforeAll(async () => {
    database = await createDatabase(name);
    const db = database.open<unknown>();
    for (const statement of schema) await sql.raw(statement).execute(db);
    details = new Map((await new LitefleetIntrospector(db).getTableDetails()).map((table) => [table.name, table]));
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("leaves out the tables behind a virtual one", () => {
    expect([...details.keys()]).toEqual(["by_key", "integer_key", "search", "stored", "two_keys"]);
  });

  it("tells WITHOUT ROWID and virtual tables apart", () => {
    expect(details.get("by_key")).toMatchObject({ kind: "table", isWithoutRowid: true, isView: false });
    expect(details.get("search")).toMatchObject({ kind: "virtual", isWithoutRowid: false, isView: false });
  });

  it("gives the order of a primary key without rowid, which is never null nor numbered", () => {
    const keys = (table: string): unknown[] | undefined =>
      details
        .get(table)
        ?.columns.map((column) => [column.primaryKeyPosition, column.isNullable, column.isAutoIncrementing]);
    expect(keys("two_keys")).toEqual([
      [2, false, false],
      [1, false, false],
    ]);
    expect(keys("integer_key")).toEqual([
      [1, false, false],
      [undefined, true, false],
    ]);
  });

  it("lists stored columns", () => {
    const generated = details.get("stored")?.columns.map((column) => [column.generated, column.hasDefaultValue]);
    expect(generated).toEqual([
      [undefined, false],
      ["stored", true],
    ]);
  });

  it("lists only the declared columns of a virtual table", () => {
    expect(details.get("search")?.columns.map((column) => column.name)).toEqual(["body"]);
  });
});

describe("what Turso Database does not have", () => {
  it.each(schema)("%s", async (statement) => {
    await using database = await createDatabase("turso");
    const attempt = sql.raw(statement).execute(database.open<unknown>());
    await expect(attempt).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
