import { createVectorIndex, decodeVector, vector } from "@litefleet/driver/vector";
import { createClient } from "@litefleet/driver";
import { CamelCasePlugin, Kysely, sql } from "kysely";
import type { Generated } from "kysely";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { LitefleetDialect, nearest, vectorColumn, vectorDistance } from "../src/index.ts";
import { createDatabase, databaseNames } from "./databases.ts";
import type { TestDatabase } from "./databases.ts";

interface Articles {
  articles: {
    id: Generated<number>;
    title: string;
    lang: string;
    thumbnail: Uint8Array | null;
    embedding: Uint8Array | null;
  };
}

const rows = [
  { title: "east", lang: "en", embedding: vector([1, 0, 0]) },
  { title: "Osten", lang: "de", embedding: vector([0.9, 0.1, 0]) },
  { title: "north", lang: "en", embedding: vector([0, 1, 0]) },
  { title: "up", lang: "en", embedding: vector([0, 0, 1]) },
  { title: "nowhere", lang: "en", embedding: null },
];

describe.each(databaseNames)("vectors on %s", (name) => {
  let database: TestDatabase;
  let db: Kysely<Articles>;

  beforeEach(async () => {
    database = await createDatabase(name);
    db = database.open<Articles>();
    await db.schema
      .createTable("articles")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("title", "text", (column) => column.notNull())
      .addColumn("lang", "text", (column) => column.notNull())
      .addColumn("thumbnail", "blob")
      .addColumn("embedding", vectorColumn(3))
      .execute();
    await db.insertInto("articles").values(rows).execute();
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it("finds the nearest rows, with their distances", async () => {
    const near = await nearest(db, "articles", { column: "embedding", vector: [1, 0, 0], k: 3 });
    expect(near.map((row) => row.title)).toEqual(["east", "Osten", "north"]);
    expect(near[0]).toEqual({ id: 1, title: "east", lang: "en", thumbnail: null, distance: 0 });
    expect(near[2]?.distance).toBeCloseTo(1, 5);
    expectTypeOf(near).toEqualTypeOf<
      { id: number; title: string; lang: string; thumbnail: Uint8Array | null; distance: number }[]
    >();
  });

  it("keeps to a condition that is made as anywhere in Kysely", async () => {
    const search = { column: "embedding", vector: new Float32Array([1, 0, 0]), k: 2, select: ["title"] } as const;
    const english = await nearest(db, "articles", {
      ...search,
      where: (eb) => eb.and([eb("lang", "=", "en"), eb("articles.id", "in", [2, 3, 4])]),
    });
    expect(english.map((row) => row.title)).toEqual(["north", "up"]);
    expectTypeOf(english).toEqualTypeOf<{ title: string; distance: number }[]>();
    const german = await nearest(db, "articles", { ...search, where: sql<boolean>`${sql.ref("lang")} = ${"de"}` });
    expect(german).toEqual([{ title: "Osten", distance: expect.closeTo(0.0061, 3) }]);
  });

  it("sees what its transaction has written", async () => {
    const inside = await db.transaction().execute(async (trx) => {
      await trx
        .insertInto("articles")
        .values({ title: "west", lang: "en", embedding: vector([-1, 0, 0]) })
        .execute();
      return nearest(trx, "articles", { column: "embedding", vector: [-1, 0, 0], k: 1, select: ["title"] });
    });
    expect(inside.map((row) => row.title)).toEqual(["west"]);
  });

  it("measures in a query of one's own", async () => {
    for (const [metric, distances] of [
      ["cosine", [0, 0.0061, 1, 1]],
      ["l2", [0, Math.hypot(0.1, 0.1), Math.SQRT2, Math.SQRT2]],
    ] as const) {
      const found = await db
        .selectFrom("articles")
        .select((eb) => ["title", vectorDistance(eb.ref("embedding"), [1, 0, 0], { metric }).as("distance")])
        .where("embedding", "is not", null)
        .orderBy("distance")
        .orderBy("id")
        .execute();
      expect(found.map((row) => row.title)).toEqual(["east", "Osten", "north", "up"]);
      for (const [i, row] of found.entries()) expect(row.distance).toBeCloseTo(distances[i] ?? Number.NaN, 3);
      expectTypeOf(found).toEqualTypeOf<{ title: string; distance: number }[]>();
    }
  });

  it("reads and writes vectors as bytes", async () => {
    const row = await db.selectFrom("articles").select("embedding").where("id", "=", 1).executeTakeFirstOrThrow();
    expect(row.embedding).toBeInstanceOf(Uint8Array);
    expect(decodeVector(row.embedding ?? new Uint8Array())).toEqual({
      kind: "f32",
      values: new Float32Array([1, 0, 0]),
    });
    const made = await nearest(db, "articles", { column: "embedding", vector: vector([0, 1, 0]), k: 1 });
    expect(made[0]?.title).toBe("north");
  });

  it("takes the names and values that plugins make", async () => {
    await sql`create table camel_case (row_key integer primary key, place_name text, picture_vector f32_blob(2), small_picture blob)`.execute(
      db,
    );
    await sql`insert into camel_case values (7, 'here', ${vector([1, 0])}, x'01')`.execute(db);
    const camel = db.withPlugin(new CamelCasePlugin()).$extendTables<{
      camelCase: { rowKey: number; placeName: string; pictureVector: Uint8Array; smallPicture: Uint8Array };
    }>();
    const near = await nearest(camel, "camelCase", {
      column: "pictureVector",
      vector: [1, 0],
      where: (eb) => eb("placeName", "=", "here"),
    });
    expect(near).toEqual([{ rowKey: 7, placeName: "here", smallPicture: new Uint8Array([1]), distance: 0 }]);
  });

  it("refuses what cannot be, before the database sees it", async () => {
    expect(() => vectorColumn(0)).toThrow(RangeError);
    expect(() => vectorDistance(sql.ref("embedding"), [1, Number.NaN])).toThrow(RangeError);
    await expect(nearest(db, "articles", { column: "embedding", vector: [1, 0] })).rejects.toThrow(RangeError);
    await expect(nearest(db, "articles", { column: "embedding", vector: [1, 0, 0], k: 0 })).rejects.toThrow(RangeError);
    const undefinedCondition = nearest(db, "articles", {
      column: "embedding",
      vector: [1, 0, 0],
      where: sql<boolean>`lang = ${undefined}`,
    });
    await expect(undefinedCondition).rejects.toThrow(TypeError);
    // @ts-expect-error a column that the table does not have
    await expect(nearest(db, "articles", { column: "missing", vector: [1, 0, 0] })).rejects.toThrow(RangeError);
    // @ts-expect-error a table that is not there
    await expect(nearest(db, "missing", { column: "embedding", vector: [1, 0, 0] })).rejects.toThrow(RangeError);
  });
});

describe("a vector index", () => {
  it("is used for the same answer, and its tables are not the user's", async () => {
    await using client = createClient({ url: ":memory:" });
    const db = new Kysely<Articles>({ dialect: new LitefleetDialect({ client }) });
    await db.schema
      .createTable("articles")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("title", "text")
      .addColumn("lang", "text")
      .addColumn("embedding", vectorColumn(3))
      .execute();
    await db.insertInto("articles").values(rows).execute();
    const index = await createVectorIndex(client, { table: "articles", column: "embedding" });
    const near = await nearest(db, "articles", { column: "embedding", vector: [1, 0, 0], k: 2, index });
    expect(near.map((row) => row.title)).toEqual(["east", "Osten"]);
    expect((await db.introspection.getTables()).map((table) => table.name)).toEqual(["articles"]);
  });
});
