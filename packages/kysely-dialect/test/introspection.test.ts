import { CamelCasePlugin, sql } from "kysely";
import type { Kysely, TableMetadata } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LitefleetIntrospector } from "../src/index.ts";
import type { LitefleetMetadataOptions, TableDetails } from "../src/index.ts";
import { createDatabase, databaseNames } from "./databases.ts";
import type { DatabaseName, TestDatabase } from "./databases.ts";

const schema = [
  `create table article (
    id integer primary key autoincrement,
    title text not null default 'untitled',
    words int,
    minutes int generated always as (words / 200) virtual,
    "odd ""name""" text
  )`,
  "create table strict_one (id integer primary key, anything any) strict",
  "create table text_key (k text primary key, v varchar(10))",
  "create table descending (k integer primary key desc)",
  "create table two_keys (a integer, b integer, primary key (b, a))",
  "create table not_autoincrement (autoincrement_note text, k int primary key)",
  "create view titles as select id, title from article",
  "create table my_shadow (a int)",
  "create table sqliteish (a int)",
  "create table gone (x int)",
  "create view broken as select x from gone",
  "drop table gone",
];

/** What the catalogs of the engines tell differently. */
interface Told {
  /** The type of a column declared as `varchar(10)`. */
  readonly sizedType: string;
  /** The type of a view's column over one of type INTEGER. */
  readonly viewType: string;
  /** The columns of a view that no longer works. */
  readonly broken: readonly string[];
}

const asSqlite: Told = { sizedType: "varchar(10)", viewType: "INTEGER", broken: [] };

const told: Record<DatabaseName, Told> = {
  libsql: asSqlite,
  sqlite: asSqlite,
  turso: { sizedType: "varchar", viewType: "TEXT", broken: ["x"] },
  server: asSqlite,
};

describe.each(databaseNames)("introspection on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<unknown>;
  let tables: TableMetadata[];
  let details: Map<string, TableDetails>;

  beforeAll(async () => {
    database = await createDatabase(name);
    db = database.open<unknown>();
    for (const statement of schema) await sql.raw(statement).execute(db);
    tables = await db.introspection.getTables();
    details = new Map((await new LitefleetIntrospector(db).getTableDetails()).map((table) => [table.name, table]));
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("lists the user's tables and views by name, and nothing of the engine's", () => {
    expect(tables.map((table) => table.name)).toEqual([
      "article",
      "broken",
      "descending",
      "my_shadow",
      "not_autoincrement",
      "sqliteish",
      "strict_one",
      "text_key",
      "titles",
      "two_keys",
    ]);
  });

  it("tells exactly what Kysely's metadata holds", () => {
    expect(tables.find((table) => table.name === "strict_one")).toStrictEqual({
      name: "strict_one",
      isView: false,
      isForeign: false,
      columns: [
        {
          name: "id",
          dataType: "INTEGER",
          isNullable: true,
          isAutoIncrementing: true,
          hasDefaultValue: false,
          comment: undefined,
        },
        {
          name: "anything",
          dataType: "ANY",
          isNullable: true,
          isAutoIncrementing: false,
          hasDefaultValue: false,
          comment: undefined,
        },
      ],
    });
  });

  it("lists defaults and generated columns", () => {
    const columns = details
      .get("article")
      ?.columns.map((column) => [
        column.name,
        column.isNullable,
        column.hasDefaultValue,
        column.defaultSql,
        column.generated,
      ]);
    expect(columns).toEqual([
      ["id", true, false, undefined, undefined],
      ["title", false, true, "'untitled'", undefined],
      ["words", true, false, undefined, undefined],
      ["minutes", true, true, undefined, "virtual"],
      ['odd "name"', true, false, undefined, undefined],
    ]);
  });

  it("knows which columns SQLite numbers", () => {
    const numbered = [...details.values()].flatMap((table) =>
      table.columns.filter((column) => column.isAutoIncrementing).map((column) => `${table.name}.${column.name}`),
    );
    expect(numbered).toEqual(["article.id", "strict_one.id"]);
  });

  it("tells STRICT tables and views apart", () => {
    const plain = { kind: "table", isStrict: false, isWithoutRowid: false, isView: false };
    expect(details.get("article")).toMatchObject(plain);
    expect(details.get("strict_one")).toMatchObject({ ...plain, isStrict: true });
    expect(details.get("titles")).toMatchObject({ ...plain, kind: "view", isView: true });
  });

  it("gives the order of a primary key", () => {
    const positions = details.get("two_keys")?.columns.map((column) => [column.name, column.primaryKeyPosition]);
    expect(positions).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect(details.get("text_key")?.columns.map((column) => column.primaryKeyPosition)).toEqual([1, undefined]);
  });

  it("names types as SQLite does", () => {
    const types = details.get("text_key")?.columns.map((column) => column.dataType);
    expect(types).toEqual(["TEXT", told[name].sizedType]);
    expect(details.get("titles")?.columns.map((column) => column.dataType)).toEqual([told[name].viewType, "TEXT"]);
  });

  it("lists the columns of views", () => {
    expect(details.get("titles")?.columns.map((column) => column.name)).toEqual(["id", "title"]);
    expect(details.get("broken")?.columns.map((column) => column.name)).toEqual(told[name].broken);
  });

  it("is not disturbed by a plugin that renames columns", async () => {
    const renaming = db.withPlugin(new CamelCasePlugin());
    expect(await new LitefleetIntrospector(renaming).getTables()).toEqual(tables);
  });

  it("lists Kysely's own tables only when asked", async () => {
    await using other = await createDatabase(name);
    const own = other.open<unknown>();
    await sql.raw("create table kysely_migration (name text)").execute(own);
    await sql.raw("create table kysely_migration_lock (id text)").execute(own);
    expect(await own.introspection.getTables()).toEqual([]);
    const all = await own.introspection.getTables({ withInternalKyselyTables: true });
    expect(all.map((table) => table.name)).toEqual(["kysely_migration", "kysely_migration_lock"]);
  });

  it("lists those that a condition chooses", async () => {
    const introspector = new LitefleetIntrospector(db);
    const where: LitefleetMetadataOptions["where"] = ({ table }) => sql`${table} = ${"article"}`;
    expect((await introspector.getTables({ where })).map((table) => table.name)).toEqual(["article"]);
  });

  it("works inside a transaction", async () => {
    const inside = await db.transaction().execute(async (trx) => {
      await sql.raw("create table fresh (a int)").execute(trx);
      const found = await trx.introspection.getTables();
      await sql.raw("drop table fresh").execute(trx);
      return found.some((table) => table.name === "fresh");
    });
    expect(inside).toBe(true);
  });

  it("has no schemas", async () => {
    expect(await db.introspection.getSchemas()).toEqual([]);
  });
});

describe("introspection of engines' own tables", () => {
  it("hides what libSQL keeps for a vector index", async () => {
    await using database = await createDatabase("libsql");
    const db = database.open<unknown>();
    await sql.raw("create table article (id integer primary key, embedding F32_BLOB(3))").execute(db);
    await sql.raw("create index article_embedding on article (libsql_vector_idx(embedding))").execute(db);
    const { rows } = await sql<{
      name: string;
    }>`select name from sqlite_master where type = 'table' order by name`.execute(db);
    expect(rows.map((row) => row.name)).toEqual(["article", "article_embedding_shadow", "libsql_vector_meta_shadow"]);
    expect((await db.introspection.getTables()).map((table) => table.name)).toEqual(["article"]);
  });
});
