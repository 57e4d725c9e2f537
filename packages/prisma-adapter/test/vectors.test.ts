import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { createVectorIndex, distance } from "@litefleet/driver/vector";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withConcurrentTransactions, withVectors } from "@litefleet/prisma-adapter";
import { engines, makeTables } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { extend, newExtended } from "./support/extend.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";
import type { Author, Model, TestClient } from "./support/prisma-client.ts";

interface Article {
  id: number;
  title: string;
  language: string;
  author?: Author | null;
}

/** What the extension adds; how it is typed for users is in `generated-types.test.ts`. */
interface Vectors<Row> {
  nearest(args: object): Promise<(Row & { distance: number })[]>;
  setVector(id: unknown, vector: Iterable<number> | null, options?: { column: string }): Promise<void>;
  getVector(id: unknown, options?: { column: string }): Promise<ArrayLike<number> | null>;
}

interface Extended extends TestClient {
  readonly article: Model<Article> & Vectors<Article>;
  readonly tile: Model<{ x: number; y: number; code: string }> & Vectors<{ x: number; y: number; code: string }>;
  readonly term: Model<{ slug: string }> & Vectors<{ slug: string }>;
  $transaction<T>(work: (tx: Extended) => Promise<T>): Promise<T>;
  $transaction(queries: readonly Promise<unknown>[]): Promise<unknown[]>;
}

const memory = {
  name: "in memory",
  dialect: "sqlite",
  open: async (): Promise<TestDatabase> => ({ config: { url: ":memory:" }, [Symbol.asyncDispose]: async () => {} }),
} as const;

const column = { column: "embedding" };

describe.each([...engines, memory])("withVectors on $name", ({ name, dialect, open }) => {
  let database: TestDatabase;
  let client: Client;
  let prisma: Extended;
  let ada: number;

  beforeAll(async () => {
    database = await open();
    client = createClient({ ...database.config, timeout: 5000 });
    if (name === memory.name) await makeTables(client);
    prisma = await newExtended<Extended>(
      client,
      withVectors({
        article: ["embedding", "exact", "half", "brain", "steps", "signs"],
        tile: "look",
        term: "meaning",
      }),
      withConcurrentTransactions(),
    );
    ({ id: ada } = await prisma.author.create({ data: { email: "ada@example.com", name: "Ada" } }));
    const articles = [
      { title: "east", language: "en", authorId: ada, embedding: [1, 0, 0] },
      { title: "Nordost", language: "de", authorId: null, embedding: Float32Array.of(1, 1, 0) },
      { title: "north", language: "en", authorId: ada, embedding: [0, 1, 0] },
      { title: "west", language: "en", authorId: null, embedding: [-1, 0, 0] },
      { title: "nowhere", language: "en", authorId: ada, embedding: null },
    ];
    for (const { embedding, ...data } of articles) {
      const { id } = await prisma.article.create({ data });
      await prisma.article.setVector(id, embedding, column);
    }
  });

  afterAll(async () => {
    await prisma.$disconnect();
    client.close();
    await database[Symbol.asyncDispose]();
  });

  const titles = (rows: readonly Article[]) => rows.map(({ title }) => title);
  const idOf = async (title: string) => (await prisma.article.findMany({ where: { title } }))[0]!.id;

  test("the nearest rows come first, as Prisma's rows, with their distance", async () => {
    const near = await prisma.article.nearest({ ...column, vector: [1, 0.1, 0], k: 3 });
    expect(titles(near)).toEqual(["east", "Nordost", "north"]);
    const [east] = near;
    expect(east).toEqual({
      id: await idOf("east"),
      title: "east",
      language: "en",
      at: expect.any(Date),
      authorId: ada,
      distance: expect.closeTo(distance([1, 0, 0], [1, 0.1, 0]), 5),
    });
    expect(titles(await prisma.article.nearest({ ...column, vector: [0, 1, 0] }))).toHaveLength(4);
    const far = await prisma.article.nearest({ ...column, vector: [1, 2, 0], metric: "l2", k: 2, minScore: 0.4 });
    expect(far.map(({ title, distance: d }) => [title, d])).toEqual([
      ["Nordost", 1],
      ["north", expect.closeTo(Math.SQRT2, 5)],
    ]);
  });

  test("where is the model's, with relations, and kept exactly", async () => {
    const near = (where: object, k = 2) => prisma.article.nearest({ ...column, vector: [1, 0, 0], k, where });
    expect(titles(await near({ language: "en" }))).toEqual(["east", "north"]);
    expect(titles(await near({ language: "de" }))).toEqual(["Nordost"]);
    expect(titles(await near({ author: { is: { name: { startsWith: "A" } } } }))).toEqual(["east", "north"]);
    expect(titles(await near({ author: null }))).toEqual(["Nordost", "west"]);
    expect(titles(await near({ OR: [{ title: { contains: "es" } }, { title: { in: ["north", "?"] } }] }))).toEqual([
      "north",
      "west",
    ]);
    expect(titles(await near({ NOT: { author: { is: { articles: { some: { title: "east" } } } } } }))).toEqual([
      "Nordost",
      "west",
    ]);
    expect(titles(await near({ at: { gt: new Date(0), lt: new Date() }, title: { not: "east" } }, 1))).toEqual([
      "Nordost",
    ]);
    expect(await near({ id: { in: [] } })).toEqual([]);
    expect(await near({ title: "nowhere" })).toEqual([]);
    const invalid = await errorOf(near({ nothing: 1 }));
    expect(invalid.name).toBe("PrismaClientValidationError");
  });

  test("select, omit and include are those of findMany", async () => {
    const east = { ...column, vector: [1, 0, 0], k: 1 };
    expect(await prisma.article.nearest({ ...east, select: { title: true } })).toEqual([
      { title: "east", distance: 0 },
    ]);
    const [row] = await prisma.article.nearest({ ...east, include: { author: { include: { articles: true } } } });
    expect(row!.author).toMatchObject({ name: "Ada", articles: [{ title: "east" }, {}, {}] });
    const [omitted] = await prisma.article.nearest({ ...east, omit: { at: true, language: true, authorId: true } });
    expect(Object.keys(omitted!).toSorted()).toEqual(["distance", "id", "title"]);
  });

  test("searches in a transaction see what it wrote, and searches outside do not", async () => {
    const id = await idOf("nowhere");
    const failure = new Error("undone");
    const inside: string[][] = [];
    const transaction = prisma.$transaction(async (tx) => {
      await tx.article.setVector({ id }, [1, 0.01, 0], column);
      const search = { ...column, vector: [1, 0.01, 0], k: 1 };
      const [one, other] = await Promise.all([
        tx.article.nearest(search),
        tx.article.nearest({ ...search, where: { language: "de" } }),
      ]);
      inside.push(titles(one), titles(other), [JSON.stringify(await tx.article.getVector(id, column))]);
      throw failure;
    });
    expect(await errorOf(transaction)).toBe(failure);
    expect(inside).toEqual([["nowhere"], ["Nordost"], [JSON.stringify(Float32Array.of(1, 0.01, 0))]]);
    expect(await prisma.article.getVector(id, column)).toBeNull();
  });

  test("many searches at once do not get mixed up", async () => {
    const wanted = ["east", "Nordost", "north", "west"];
    const vectors = [
      [1, 0, 0],
      [1, 1, 0],
      [0, 1, 0],
      [-1, 0, 0],
    ];
    const rounds = Array.from({ length: 40 }, (_, i) => i % 4);
    const found = await Promise.all(
      rounds.map(async (i) => {
        const where = i % 2 === 0 ? { language: "en" } : { title: { not: "?" } };
        return titles(await prisma.article.nearest({ ...column, vector: vectors[i], k: 1, where }));
      }),
    );
    expect(found).toEqual(rounds.map((i) => [wanted[i]]));
  });

  test("vectors of each kind are stored and read", async () => {
    const { id } = await prisma.article.create({ data: { title: "kinds", language: "xx" } });
    const kinds = {
      embedding: [Float32Array.of(0.5, -2, 3), Float32Array.of(0.5, -2, 3)],
      exact: [[0.1, 1e300], Float64Array.of(0.1, 1e300)],
      half: [[0.5, -2], Float32Array.of(0.5, -2)],
      brain: [new Set([0.5, -2]), Float32Array.of(0.5, -2)],
      steps: [[0, 255], Float32Array.of(0, 255)],
      signs: [[3, -1, 2, 1, -1, -0.5, 1, -1], Int8Array.of(1, -1, 1, 1, -1, -1, 1, -1)],
    } as const;
    for (const [field, [given, read]] of Object.entries(kinds)) {
      await prisma.article.setVector(id, given, { column: field });
      expect(await prisma.article.getVector(id, { column: field }), field).toEqual(read);
    }
    const [exact] = await prisma.article.nearest({ column: "exact", vector: [0.1, 1e300], metric: "cosine", k: 1 });
    expect(exact).toMatchObject({ id, title: "kinds" });
    const [signs] = await prisma.article.nearest({ column: "signs", vector: kinds.signs[0], k: 1 });
    expect(signs).toMatchObject({ id, distance: 0 });
    const [steps] = await prisma.article.nearest({ column: "steps", vector: [0, 255], k: 1 });
    expect(steps).toMatchObject({ id, distance: expect.closeTo(0, 3) });
    await prisma.article.setVector(id, null, { column: "exact" });
    expect(await prisma.article.getVector(id, { column: "exact" })).toBeNull();
    await prisma.article.deleteMany({ where: { id } });
  });

  test("a row is told by its id, or by what findUnique takes", async () => {
    await prisma.tile.createMany({
      data: [
        { x: 1, y: 1, code: "a" },
        { x: 1, y: 2, code: "b" },
      ],
    });
    await prisma.tile.setVector({ x_y: { x: 1, y: 1 } }, [1, 0]);
    await prisma.tile.setVector({ code: "b" }, [0, 1]);
    await prisma.tile.setVector({ place: { code: "b", x: 1 }, y: 2 }, [0, 2]);
    expect(await prisma.tile.getVector({ code: "a" })).toEqual(Float32Array.of(1, 0));
    expect(await prisma.tile.getVector({ x_y: { x: 1, y: 2 } })).toEqual(Float32Array.of(0, 2));
    const near = await prisma.tile.nearest({ vector: [0, 1], k: 2, select: { code: true } });
    expect(near.map(({ code }) => code)).toEqual(["b", "a"]);
    await prisma.term.createMany({ data: [{ slug: "it's" }, { slug: "other" }] });
    await prisma.term.setVector("it's", [1, 0]);
    expect(await prisma.term.nearest({ vector: [1, 0], k: 1 })).toEqual([{ slug: "it's", distance: 0 }]);
    expect(await prisma.term.getVector({ slug: "other" })).toEqual(Float32Array.of(0, 0));
  });

  test("a row that is not there: P2025 for a write, null for a read", async () => {
    expect((await errorOf(prisma.article.setVector(-1, [1, 0, 0], column))).code).toBe("P2025");
    expect((await errorOf(prisma.tile.setVector({ code: "a", x: 9 }, [1, 0]))).code).toBe("P2025");
    expect(await prisma.article.getVector(-1, column)).toBeNull();
  });

  test("what might be several rows is refused, and nothing changes", async () => {
    const before = await prisma.$queryRawUnsafe(`SELECT "id", hex("embedding") AS v FROM "all articles"`);
    for (const id of [undefined, null, {}, { id: undefined }, { title: "east" }, { id: { gt: 0 } }, { AND: [] }]) {
      await expect(prisma.article.setVector(id, [9, 9, 9], column)).rejects.toBeInstanceOf(TypeError);
      await expect(prisma.article.getVector(id, column)).rejects.toBeInstanceOf(TypeError);
    }
    for (const id of [1, { x: 1 }, { x_y: { x: 1 } }, { x_y: { x: 1, y: undefined } }]) {
      await expect(prisma.tile.setVector(id, [9, 9])).rejects.toBeInstanceOf(TypeError);
    }
    expect(await prisma.$queryRawUnsafe(`SELECT "id", hex("embedding") AS v FROM "all articles"`)).toEqual(before);
  });

  test("vectors and options that cannot be are refused", async () => {
    const id = await idOf("east");
    for (const vector of [[1, 2], [1, Number.NaN, 3], [1, 2, Infinity], []]) {
      await expect(prisma.article.setVector(id, vector, column)).rejects.toBeInstanceOf(RangeError);
      await expect(prisma.article.nearest({ ...column, vector })).rejects.toBeInstanceOf(RangeError);
    }
    await expect(prisma.article.setVector(id, "[1,2,3]" as never, column)).rejects.toBeInstanceOf(TypeError);
    await expect(prisma.article.nearest({ ...column, vector: [1, 0, 0], k: 0 })).rejects.toBeInstanceOf(RangeError);
    await expect(prisma.article.nearest({ vector: [1, 0, 0] })).rejects.toThrow(/column/);
    await expect(prisma.article.nearest({ column: "title", vector: [1] })).rejects.toBeInstanceOf(RangeError);
    await expect(prisma.term.setVector("it's", null)).rejects.toBeInstanceOf(TypeError);
    await expect(prisma.tile.nearest({ vector: [1, 0] })).rejects.toThrow(/distance/);
    const index = "no index of this name";
    const named = await errorOf(prisma.article.nearest({ ...column, vector: [1, 0, 0], index }));
    expect(named.code ?? named.name).toBe(client.capabilities.vectorIndex ? "RangeError" : "UNSUPPORTED");
  });

  test("for any where and k: the same rows as a look at every one gives", { timeout: 60_000 }, async () => {
    const count = dialect === "turso" || name !== "libsql file" ? 60 : 400;
    const random = fc.sample(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), {
      numRuns: count,
      seed: 7,
    });
    const rows = random.map((vector, i) => ({
      id: 1000 + i,
      title: `t${i % 7}`,
      language: i % 3 === 0 ? "aa" : "bb",
      vector,
    }));
    await prisma.article.createMany({ data: rows.map(({ id, title, language }) => ({ id, title, language })) });
    await client.batch(
      rows.map(({ id, vector }) => ({
        sql: `UPDATE "all articles" SET "embedding" = vector32(?) WHERE "id" = ?`,
        args: [JSON.stringify(vector), id],
      })),
      "write",
    );
    if (client.capabilities.vectorIndex) {
      await createVectorIndex(client, {
        table: "all articles",
        column: "embedding",
        name: "by_meaning",
        metric: "l2",
      });
    }
    const wheres = fc.record(
      { title: fc.constantFrom("t0", "t1", "t6", "none"), language: fc.constantFrom("aa", "bb") },
      { requiredKeys: [] },
    );
    const query = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
    const runs = name === "libsql file" ? 60 : 15;
    await fc.assert(
      fc.asyncProperty(wheres, query, fc.integer({ min: 1, max: 30 }), async (where, vector, k) => {
        const all = { id: { gte: 1000 }, ...where };
        const found = await prisma.article.nearest({ ...column, vector, k, where: all, metric: "l2" });
        const wanted = rows
          .filter((row) => Object.entries(where).every(([key, value]) => Reflect.get(row, key) === value))
          .map((row) => distance(row.vector, vector, "l2"))
          .toSorted((a, b) => a - b)
          .slice(0, k);
        expect(found.map((row) => row.distance.toFixed(3))).toEqual(wanted.map((each) => each.toFixed(3)));
        expect(
          found.every((row) => Object.entries(where).every(([key, value]) => Reflect.get(row, key) === value)),
        ).toBe(true);
      }),
      { numRuns: runs, seed: 11 },
    );
  });
});

test("an index is used, with the condition of where on its rows; and a join is asked for the rows it leaves", async () => {
  await using client = createClient({ url: ":memory:" });
  await makeTables(client);
  await createVectorIndex(client, { table: "all articles", column: "embedding", name: "by_meaning" });
  const texts: string[] = [];
  const prisma = await newExtended<Extended>(noting(client, texts), withVectors({ article: "embedding" }));
  const { id: authorId } = await prisma.author.create({ data: { email: "ada@example.com", name: "Ada" } });
  for (const [title, vector] of [
    ["east", [1, 0, 0]],
    ["north", [0, 1, 0]],
  ] as const) {
    const { id } = await prisma.article.create({ data: { title, language: "en", authorId } });
    await prisma.article.setVector(id, vector);
  }
  const search = async (where: object | undefined) => {
    texts.length = 0;
    const near = await prisma.article.nearest({ vector: [1, 0, 0], k: 1, index: "by_meaning", where });
    expect(near).toMatchObject([{ title: "east", distance: 0 }]);
    return texts.find((text) => text.includes("vector_top_k"));
  };
  expect(await search(undefined)).not.toContain("all articles`");
  expect(await search({ language: "en" })).toMatch(/`lang` = \?\s*\)/);
  expect(await search({ author: { is: { name: "Ada" } } })).toMatch(/IN \(SELECT .* LEFT JOIN/);
  await prisma.$disconnect();
});

describe("beside extensions that change findMany", () => {
  const hiding = (change: (call: { args: object; query: (args: object) => Promise<object[]> }) => Promise<object[]>) =>
    ({ query: { article: { findMany: change } } }) as never;
  const english = hiding(async ({ args, query }) => {
    const where: unknown = Reflect.get(args, "where");
    return query({ ...args, where: { AND: [where ?? {}, { language: "en" }] } });
  });

  test.each([
    ["before", [english, withVectors({ article: "embedding" })]],
    ["behind", [withVectors({ article: "embedding" }), english]],
  ])("what one adds to its arguments holds, %s withVectors", async (_, extensions) => {
    await using client = createClient({ url: ":memory:" });
    await makeTables(client);
    const prisma = await newExtended<Extended>(client, ...extensions);
    for (const language of ["de", "en", "de", "en"]) {
      const { id } = await prisma.article.create({ data: { title: language, language } });
      await client.execute(`UPDATE "all articles" SET "embedding" = vector32('[1,0,0]') WHERE "id" = ?`, [id]);
    }
    const near = await prisma.article.nearest({ vector: [1, 0, 0], k: 2, where: { title: { not: "?" } } });
    expect(near.map(({ language }) => language)).toEqual(["en", "en"]);
    expect(await prisma.article.getVector(1)).toBeNull();
    expect((await errorOf(prisma.article.setVector(1, [1, 0, 0]))).code).toBe("P2025");
    await prisma.$disconnect();
  });

  test("one that takes rows out of the result is found out", async () => {
    await using client = createClient({ url: ":memory:" });
    await makeTables(client);
    const filtering = hiding(async ({ args, query }) => (await query(args)).slice(1));
    const prisma = await newExtended<Extended>(client, withVectors({ article: "embedding" }), filtering);
    const { id } = await prisma.article.create({ data: { title: "a", language: "en" } });
    await prisma.article.setVector(id, [1, 0, 0]);
    await expect(prisma.article.nearest({ vector: [1, 0, 0] })).rejects.toBeInstanceOf(TypeError);
    await prisma.$disconnect();
  });
});

test("a search is given up with its signal", async () => {
  await using client = createClient({ url: ":memory:" });
  await makeTables(client);
  const prisma = await newExtended<Extended>(client, withVectors({ article: "embedding" }));
  const search = { vector: [1, 0, 0], signal: AbortSignal.abort() };
  expect((await errorOf(prisma.article.nearest(search))).code).toBe("P1008");
  await prisma.$disconnect();
});

/** The client, whose prepared texts are noted. */
function noting(client: Client, texts: string[]): Client {
  return new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      return (...args: readonly unknown[]): unknown => {
        if (property === "prepare") texts.push(String(args[0]));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

describe("which models", () => {
  test("without a list every model has the methods, and one without vectors says so", async () => {
    const prisma = await newExtended<Extended & { author: Vectors<Author> }>({ url: ":memory:" }, withVectors());
    await expect(prisma.author.nearest({ vector: [1] })).rejects.toBeInstanceOf(RangeError);
    await expect(prisma.author.setVector(1, [1])).rejects.toBeInstanceOf(RangeError);
    await prisma.$disconnect();
  });

  test("a list that the schema does not bear out is refused at once, and so is another adapter", async () => {
    const prisma = await newExtended<Extended>({ url: ":memory:" });
    expect(() => extend(prisma, withVectors({ artikel: "embedding" }))).toThrow(RangeError);
    expect(() => extend(prisma, withVectors({ article: "title" }))).toThrow(RangeError);
    expect(() => extend(prisma, withVectors({ article: ["embedding", "missing"] }))).toThrow(RangeError);
    const { article, author } = extend<Extended>(prisma, withVectors({ article: "embedding" }));
    expect(["nearest" in article, "nearest" in author]).toEqual([true, false]);
    await prisma.$disconnect();
    const { PrismaLibSql } = await import("@prisma/adapter-libsql");
    const other = await newPrismaClient(new PrismaLibSql({ url: ":memory:" }));
    expect(() => extend(other, withVectors())).toThrow(TypeError);
    await other.$disconnect();
  });
});
