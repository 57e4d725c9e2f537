import { createClient, decodeVector, vector } from "@litefleet/driver";
import { eq, getTableColumns, gt, lt, sql } from "drizzle-orm";
import { getTableConfig, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  bf16Vector,
  driverError,
  drizzle,
  f16Vector,
  f1Vector,
  f32Vector,
  f64Vector,
  i8Vector,
  nearest,
  vectorDistance,
  vectorIndex,
} from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";

const words = sqliteTable(
  "words",
  {
    id: integer().primaryKey(),
    word: text().notNull(),
    language: text().notNull(),
    embedding: f32Vector({ dimensions: 2 }),
    exact: f64Vector("exact", { dimensions: 2, mode: "array" }),
    small: i8Vector("small", { dimensions: 2, mode: "float32" }),
    signs: f1Vector("signs", { dimensions: 8 }),
  },
  (table) => [vectorIndex("words_embedding").on(table.embedding, { metric: "cosine", preset: "small" })],
);
const schema = { words };
const ddl = sql`create table words (id integer primary key, word text not null, language text not null, embedding f32_blob(2),
  exact f64_blob(2), small f8_blob(2), signs f1bit_blob(8))`;

const rows = [
  { id: 1, word: "east", language: "en", embedding: [1, 0] },
  { id: 2, word: "Nordost", language: "de", embedding: Float32Array.of(1, 1) },
  { id: 3, word: "north", language: "en", embedding: [0, 1] },
  { id: 4, word: "west", language: "en", embedding: [-1, 0] },
  { id: 5, word: "nowhere", language: "en", embedding: null },
];

onEachDatabase((current) => {
  async function filled() {
    const db = drizzle(current().client, { schema });
    await db.run(ddl);
    await db.insert(words).values(rows);
    return db;
  }

  test("vectors are written from arrays of both kinds and read as the column's mode says", async () => {
    const db = drizzle(current().client, { schema });
    await db.run(ddl);
    const signs = [1, -1, 1, 1, -1, -1, 1, -1];
    const vectors = { embedding: Float32Array.of(0.5, -2), exact: [0.1, 1e300], small: Float32Array.of(-1, 1), signs };
    const [row] = await db
      .insert(words)
      .values({ id: 1, word: "all", language: "en", ...vectors })
      .returning();
    expect(row).toMatchObject({ embedding: [0.5, -2], exact: [0.1, 1e300], signs });
    expect(row?.small).toBeInstanceOf(Float32Array);
    expect(Array.from(row?.small ?? [])).toEqual([expect.closeTo(-1, 1), expect.closeTo(1, 1)]);
    expect(await db.query.words.findFirst()).toEqual(row);
    expect(await db.batch([db.select().from(words)])).toEqual([[row]]);
    expectTypeOf(row!.exact).toEqualTypeOf<number[] | null>();
    expectTypeOf(row!.small).toEqualTypeOf<Float32Array | null>();
    expectTypeOf(row!.embedding).toEqualTypeOf<number[] | Float32Array | null>();
    const [stored] = await db.values<[ArrayBuffer]>(sql`select embedding from words`);
    expect(decodeVector(stored![0])).toEqual({ kind: "f32", values: Float32Array.of(0.5, -2) });
  });

  test.each([
    ["another number of elements", [1, 2, 3], RangeError],
    ["what is not finite", [1, Number.NaN], RangeError],
    ["text", "[1, 2]", TypeError],
  ])("%s is refused before anything is stored", async (_, embedding, kind) => {
    const db = await filled();
    // @ts-expect-error not always a vector
    const inserting = db.insert(words).values({ word: "x", language: "en", embedding });
    await expect(inserting).rejects.toBeInstanceOf(kind);
    expect(await db.$count(words)).toBe(rows.length);
  });

  test("text that is stored in a vector's column is an error when it is read", async () => {
    const db = await filled();
    await db.run(sql`update words set embedding = '[1, 2]' where id = 1`);
    await expect(db.select().from(words)).rejects.toBeInstanceOf(TypeError);
  });

  test("a distance can be selected, ordered by and compared", async () => {
    const db = await filled();
    const distance = vectorDistance(words.embedding, [2, 0]);
    const near = await db.select({ word: words.word, distance }).from(words).where(lt(distance, 1.5)).orderBy(distance);
    expect(near.map(({ word }) => word)).toEqual(["east", "Nordost", "north"]);
    expect(near.map((row) => row.distance)).toEqual([0, expect.closeTo(1 - Math.SQRT1_2, 5), expect.closeTo(1, 5)]);
    const prepared = db
      .select({ far: vectorDistance(words.embedding, sql.placeholder("vector"), { metric: "l2" }) })
      .from(words)
      .where(eq(words.id, 1))
      .prepare();
    expect(await prepared.all({ vector: [4, 4] })).toEqual([{ far: expect.closeTo(5, 5) as number }]);
  });

  test("nearest() gives typed rows with their distance, nearest first, and keeps the condition", async () => {
    const db = await filled();
    const near = await nearest(db, words.embedding, [1, 0.1], { k: 3, where: eq(words.language, "en") });
    expect(near.map(({ word }) => word)).toEqual(["east", "north", "west"]);
    expect(near[0]).toEqual({ ...rows[0], exact: null, small: null, signs: null, distance: near[0]?.distance });
    expect(near.map(({ distance }) => distance).toSorted((a, b) => a - b)).toEqual(
      near.map(({ distance }) => distance),
    );
    expectTypeOf(near[0]!.word).toEqualTypeOf<string>();
    expectTypeOf(near[0]!.distance).toEqualTypeOf<number>();
    const some = await nearest(db, words.embedding, Float32Array.of(0, 1), {
      k: 2,
      metric: "l2",
      select: { name: words.word },
    });
    expect(some).toEqual([
      { name: "north", distance: 0 },
      { name: "Nordost", distance: 1 },
    ]);
    expectTypeOf(some).toEqualTypeOf<({ name: string } & { distance: number })[]>();
    await expect(nearest(db, words.embedding, [1, 2, 3])).rejects.toBeInstanceOf(RangeError);
    await expect(nearest(db, words.embedding, [1, 2], { select: { distance: words.id } })).rejects.toBeInstanceOf(
      RangeError,
    );
  });

  test("nearest() searches a transaction, which sees its own writes", async () => {
    const db = await filled();
    const found = await db.transaction(async (tx) => {
      await tx.delete(words).where(gt(words.id, 1));
      return nearest(tx, words.embedding, [0, 1], { select: { id: words.id } });
    });
    expect(found.map(({ id }) => id)).toEqual([1]);
  });
});

describe("a vector index", () => {
  test("is used by nearest() on libSQL, through its drizzle name", async () => {
    await using client = createClient({ url: ":memory:" });
    const db = drizzle(client, { schema, casing: "snake_case" });
    await db.run(ddl);
    const [index] = getTableConfig(words).indexes;
    const parts = index?.config.columns.map((column) =>
      db.$internals.toQuery(sql`${column}`).sql.replace('"words".', ""),
    );
    await db.run(sql.raw(`create index ${index?.config.name} on words (${parts?.join(",")})`));
    await db.insert(words).values(rows);
    const near = await nearest(db, words.embedding, [1, 0], {
      index: "words_embedding",
      select: { id: words.id },
      k: 2,
    });
    expect(near).toEqual([
      { id: 1, distance: 0 },
      { id: 2, distance: expect.closeTo(1 - Math.SQRT1_2, 5) as number },
    ]);
  });

  test("is refused for a name, column or setting that libSQL does not take", () => {
    const { id, embedding, signs } = getTableColumns(words);
    expect(() => vectorIndex("no good")).toThrow(RangeError);
    expect(() => vectorIndex("x").on(id)).toThrow(RangeError);
    expect(() => vectorIndex("x").on(signs, { metric: "l2" })).toThrow(RangeError);
    expect(() => vectorIndex("x").on(embedding, { maxNeighbors: 0 })).toThrow(RangeError);
    // @ts-expect-error no preset
    expect(() => vectorIndex("x").on(embedding, { preset: "best" })).toThrow(RangeError);
  });
});

test("every kind has its column type and takes its name from its key", () => {
  const kinds = { f32Vector, f64Vector, f16Vector, bf16Vector, i8Vector, f1Vector };
  const types = Object.values(kinds).map(
    (column) => getTableColumns(sqliteTable("t", { v: column({ dimensions: 3 }) })).v,
  );
  expect(types.map((column) => [column.name, column.getSQLType()])).toEqual([
    ["v", "F32_BLOB(3)"],
    ["v", "F64_BLOB(3)"],
    ["v", "F16_BLOB(3)"],
    ["v", "FB16_BLOB(3)"],
    ["v", "F8_BLOB(3)"],
    ["v", "F1BIT_BLOB(3)"],
  ]);
  expect(() => f32Vector({ dimensions: 0 })).toThrow(RangeError);
  // @ts-expect-error no dimensions
  expect(() => f32Vector("v")).toThrow(TypeError);
  // @ts-expect-error no mode
  expect(() => f32Vector({ dimensions: 1, mode: "buffer" })).toThrow(RangeError);
});

test("16-bit kinds come back with their precision", async () => {
  await using client = createClient({ url: ":memory:" });
  const db = drizzle(client);
  const halves = sqliteTable("halves", { f16: f16Vector({ dimensions: 2 }), bf16: bf16Vector({ dimensions: 2 }) });
  await db.run(sql`create table halves (f16 f16_blob(2), bf16 fb16_blob(2))`);
  await db.insert(halves).values({ f16: [0.5, -2], bf16: [0.5, -2] });
  expect(await db.select().from(halves)).toEqual([{ f16: [0.5, -2], bf16: [0.5, -2] }]);
  expect(
    driverError(await db.run(sql`select vector_extract(f32) from halves`).catch((error: unknown) => error))?.code,
  ).toMatch(/^SQLITE_/);
  expect(vector([1, 2], "f32")).toHaveLength(8);
});
