import {
  createVectorIndex,
  distance,
  hybridSearch,
  insertVectors,
  vector,
  vectorColumn,
  vectorIndexInfo,
  vectorSearch,
} from "@litefleet/driver/vector";
import type { InsertVectorsPlan, VectorKind, VectorMatch, VectorRow } from "@litefleet/driver/vector";
import type { Client } from "@litefleet/driver";
import { describe, expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

const where = { table: "places", column: "position" };
const dimensions = 8;
const kinds: readonly VectorKind[] = ["f64", "f32", "i8", "f1"];

/** Searching by vector: the nearest rows, whatever else is in the table. */
export function vectorSearches({ open, entry }: SuiteContext): void {
  it.each(["cosine", "l2"] as const)("finds what comparing every row finds: %s", async (metric) => {
    const client = open();
    await fill(client, 60);
    const target = coordinates(1000);
    const found = await vectorSearch(client, { ...where, vector: target, k: 7, metric });
    expect(found.map(({ rowid }) => rowid)).toEqual(nearest(target, 60, metric).slice(0, 7));
    for (const row of found) {
      expect(row.distance).toBeCloseTo(distance(coordinates(Number(row["n"])), target, metric), 4);
      expect(Object.keys(row).toSorted()).toEqual(["distance", "n", "name", "rowid"]);
    }
  });

  it.each(kinds)("takes numbers and made vectors for a column of kind %s", async (kind) => {
    const client = open();
    await client.execute(`CREATE TABLE places (${vectorColumn("position", 3, kind)})`);
    await client.batch(
      [
        ["INSERT INTO places VALUES (?)", [vector([1, 1, 1], kind)]],
        ["INSERT INTO places VALUES (?)", [vector([1, -1, 1], kind)]],
        ["INSERT INTO places VALUES (?)", [vector([-1, -1, -1], kind)]],
      ],
      "write",
    );
    for (const target of [[1, 1, 1], new Set([1, 2, 3]), new Float64Array([1, 1, 1]), vector([1, 1, 1], kind)]) {
      const found = await vectorSearch(client, { ...where, vector: target });
      expect(ids(found)).toEqual([1, 2, 3]);
    }
    const alike = await vectorSearch(client, { ...where, vector: [1, 1, 1], minScore: 0.9 });
    expect(ids(alike)).toEqual([1]);
    for (const wrong of [
      [1, 2],
      vector([1, 2], kind),
      vector([1, 2, 3], kind === "f32" ? "f64" : "f32"),
      [1, 2, NaN],
    ]) {
      expect(await rejection(vectorSearch(client, { ...where, vector: wrong }))).toBeInstanceOf(RangeError);
    }
    expect(await rejection(vectorSearch(client, { ...where, vector: "[1,2,3]" as never }))).toBeInstanceOf(TypeError);
  });

  it("passes over NULL, text, and vectors of another size or kind", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (name TEXT, position)`);
    await client.batch(
      [
        ["INSERT INTO places VALUES ('null', NULL)"],
        ["INSERT INTO places VALUES ('text', '[1,2,3]')"],
        ["INSERT INTO places VALUES ('number', 5)"],
        ["INSERT INTO places VALUES ('nothing', x'')"],
        ["INSERT INTO places VALUES ('short', ?)", [vector([1, 2])]],
        ["INSERT INTO places VALUES ('wide', ?)", [vector([1, 2, 3], "f64")]],
        ["INSERT INTO places VALUES ('zero', ?)", [vector([0, 0, 0])]],
        ["INSERT INTO places VALUES ('away', ?)", [vector([-1, -2, -3])]],
        ["INSERT INTO places VALUES ('right', ?)", [vector([1, 2, 3])]],
      ],
      "write",
    );
    const found = await vectorSearch(client, { ...where, vector: [1, 2, 3], select: ["name"] });
    expect(found.map((row) => row["name"])).toEqual(["right", "zero", "away"]);
    expect(found[1]?.distance).toBe(1);
    const wide = await vectorSearch(client, { ...where, vector: vector([1, 2, 3], "f64"), select: ["name"] });
    expect(wide.map((row) => row["name"])).toEqual(["wide"]);
  });

  it("passes over them in a transaction, which goes on", async () => {
    const client = open();
    await fill(client, 5);
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO places VALUES (99, 'none', NULL)");
      expect(await vectorSearch(tx, { ...where, vector: coordinates(1000), k: 10 })).toHaveLength(5);
      await tx.execute("INSERT INTO places VALUES (100, 'text', ?)", [JSON.stringify([...coordinates(1000)])]);
      expect(await vectorSearch(tx, { ...where, vector: coordinates(1000), k: 10 })).toHaveLength(5);
    });
    expect((await client.execute("SELECT count(*) FROM places")).rows[0]?.[0]).toBe(7);
  });

  it("passes over text that reads like a vector", async () => {
    const client = open();
    await fill(client, 5);
    const target = coordinates(1000);
    expect(await vectorSearch(client, { ...where, vector: target })).toHaveLength(5);
    await client.execute("INSERT INTO places VALUES (99, 'text', ?)", [JSON.stringify([...target])]);
    const found = await vectorSearch(client, { ...where, vector: target });
    expect(ids(found)).toEqual(nearest(target, 5, "cosine"));
  });

  it("gives all rows if there are fewer than k, and equal ones by their rowid", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (n INTEGER PRIMARY KEY, ${vectorColumn("position", 2)})`);
    expect(await vectorSearch(client, { ...where, vector: [1, 1] })).toEqual([]);
    for (const n of [5, 3, 9, 1]) await client.execute("INSERT INTO places VALUES (?, ?)", [n, vector([1, 1])]);
    expect(ids(await vectorSearch(client, { ...where, vector: [1, 1], k: 100 }))).toEqual([1, 3, 5, 9]);
    expect(ids(await vectorSearch(client, { ...where, vector: [1, 1], k: 2 }))).toEqual([1, 3]);
    for (const k of [0, -1, 1.5, Number.NaN, 10_001]) {
      expect(await rejection(vectorSearch(client, { ...where, vector: [1, 1], k }))).toBeInstanceOf(RangeError);
      expect(await rejection(vectorSearch(client, { ...where, vector: [1, 1], efSearch: k }))).toBeInstanceOf(
        RangeError,
      );
    }
  });

  it("scores by the metric", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (n INTEGER PRIMARY KEY, ${vectorColumn("position", 2)})`);
    for (const [i, position] of [
      [1, 0],
      [1, 1],
      [0, 1],
      [-1, 0],
    ].entries()) {
      await client.execute("INSERT INTO places VALUES (?, ?)", [i + 1, vector(position)]);
    }
    const found = async (metric: "cosine" | "l2", minScore: number): Promise<unknown> =>
      ids(await vectorSearch(client, { ...where, vector: [1, 0], metric, minScore }));
    // Cosines of 1, 0.71, 0 and -1; distances of 0, 1, 1.41 and 2, so scores of 1, 0.5, 0.41 and 0.33.
    expect(await found("cosine", 0.99)).toEqual([1]);
    expect(await found("cosine", 0.5)).toEqual([1, 2]);
    expect(await found("cosine", -0.5)).toEqual([1, 2, 3]);
    expect(await found("cosine", -1.01)).toEqual([1, 2, 3, 4]);
    expect(await found("l2", 0.49)).toEqual([1, 2]);
    expect(await found("l2", 0.4)).toEqual([1, 2, 3]);
    expect(await rejection(found("l2", Number.NaN))).toBeInstanceOf(RangeError);
  });

  it("searches a view, and tables of any key", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (code TEXT PRIMARY KEY, rowid TEXT, ${vectorColumn("position", 2)})`);
    await client.execute("INSERT INTO places VALUES ('a', 'x', ?), ('b', 'y', ?)", [vector([1, 0]), vector([0, 1])]);
    const target = { ...where, vector: [0.1, 1] };
    expect(await vectorSearch(client, { ...target, k: 1 })).toMatchObject([{ code: "b", rowid: 2 }]);
    await client.execute("CREATE VIEW seen AS SELECT code, position FROM places");
    expect(await vectorSearch(client, { ...target, table: "seen", k: 1 })).toMatchObject([{ code: "b", rowid: null }]);
    await client.execute("DROP VIEW seen");
  });

  it("keeps conditions, by position and by name", async () => {
    const client = open();
    await fill(client, 60);
    const target = coordinates(1000);
    const expected = nearest(target, 60, "cosine").filter((n) => n % 10 === 3);
    const positional = { where: "n % ? = ? OR name = ? -- or none", args: [10, 3, "x' OR 1 --"] };
    const named = { where: "n % :by = :rest OR name = :name", args: { by: 10, rest: 3, name: "x' OR 1 --" } };
    for (const condition of [positional, named]) {
      expect(ids(await vectorSearch(client, { ...where, vector: target, ...condition }))).toEqual(expected);
    }
    for (const wrong of [
      "1) OR (1",
      "1; DELETE FROM places",
      "n = ?1",
      "(n",
      "",
      "1;",
      "n = 1 /*",
      "n = 'x",
      " -- ",
      "[n",
    ]) {
      const search = vectorSearch(client, { ...where, vector: target, where: wrong });
      expect(await rejection(search)).toBeInstanceOf(RangeError);
    }
    await expectCode(vectorSearch(client, { ...where, vector: target, args: [1] }), "ARGS_INVALID");
    await expectCode(vectorSearch(client, { ...where, vector: target, where: "n = ?" }), "ARGS_INVALID");
  });

  it("quotes names", async () => {
    const client = open();
    await client.execute(`CREATE TABLE "or der" ("a""b" TEXT, ${vectorColumn("po'si\"tion", 2)})`);
    await client.execute('INSERT INTO "or der" VALUES (?, ?)', ["it", vector([1, 2])]);
    const options = { table: "or der", column: "po'si\"tion", vector: [1, 2], select: ['a"b'] };
    const found = await vectorSearch(client, options);
    expect(found).toMatchObject([{ rowid: 1, 'a"b': "it" }]);
    for (const table of ["or; der", 'main."or der"', "main.or der"]) {
      expect(await rejection(vectorSearch(client, { ...options, table }))).toBeInstanceOf(RangeError);
    }
    expect(await rejection(vectorSearch(client, { ...options, column: "nothing" }))).toBeInstanceOf(RangeError);
    const odd = { ...options, table: `it's "odd" (x); --` };
    await client.execute(`CREATE TABLE "it's ""odd"" (x); --" ("a""b" TEXT, ${vectorColumn(odd.column, 2)})`);
    await insertVectors(client, odd.table, [{ 'a"b': "other", [odd.column]: [2, 1] }]);
    expect(await vectorSearch(client, odd)).toMatchObject([{ rowid: 1, 'a"b': "other" }]);
    await client.execute(`DROP TABLE "it's ""odd"" (x); --"`);
    expect(await rejection(vectorSearch(client, { ...options, k: 0 }))).toBeInstanceOf(RangeError);
  });

  it("sees what its transaction wrote", async () => {
    const client = open();
    await fill(client, 5);
    const target = coordinates(1000);
    const tx = await client.transaction();
    await tx.execute("INSERT INTO places VALUES (99, 'new', ?)", [vector(target)]);
    const [first] = await vectorSearch(tx, { ...where, vector: target, k: 1 });
    expect(first).toMatchObject({ name: "new" });
    await tx.rollback();
    expect((await vectorSearch(client, { ...where, vector: target })).length).toBe(5);
  });

  it("follows a table that is made anew", async () => {
    const client = open();
    for (const kind of kinds) {
      await client.execute("DROP TABLE IF EXISTS places");
      await client.execute(`CREATE TABLE places (name TEXT, ${vectorColumn("position", 3, kind)})`);
      await client.execute("INSERT INTO places VALUES (?, ?)", [kind, vector([1, 2, 3], kind)]);
      expect(await vectorSearch(client, { ...where, vector: [1, 2, 3] })).toMatchObject([{ name: kind }]);
    }
  });

  it("inserts rows in batches, in a transaction too", async () => {
    const client = open();
    await client.execute(
      `CREATE TABLE places (n INTEGER PRIMARY KEY, name TEXT, ${vectorColumn("position", dimensions)})`,
    );
    const counts: number[] = [];
    const onProgress = (count: number): void => void counts.push(count);
    expect(await insertVectors(client, "places", places(1, 25), { batchSize: 10, onProgress })).toBe(25);
    expect(counts).toEqual([10, 20, 25]);
    expect(await insertVectors(client, "places", [])).toBe(0);
    const tx = await client.transaction();
    expect(await insertVectors(tx, "places", [{ n: 26, name: "made", position: vector(coordinates(26)) }])).toBe(1);
    await tx.rollback();
    await insertVectors(client, "places", [{ n: 30, name: "none", position: null }]);
    const target = coordinates(1000);
    const found = await vectorSearch(client, { ...where, vector: target, k: 30 });
    expect(ids(found)).toEqual(nearest(target, 25, "cosine"));
  });

  it("inserts nothing of a batch with a wrong row", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (n INTEGER PRIMARY KEY, name TEXT, ${vectorColumn("position", 3)})`);
    const right = { n: 1, name: "it", position: [1, 2, 3] };
    const refused: VectorRow[] = [
      { n: 2, name: "it", position: [1, 2] },
      { n: 2, name: "it", position: vector([1, 2, 3], "f64") },
      { n: 2 },
    ];
    for (const wrong of refused) {
      expect(await rejection(insertVectors(client, "places", [right, wrong]))).toBeInstanceOf(RangeError);
    }
    for (const wrong of [
      { ...right, position: "[1,2,3]" },
      { ...right, name: [1, 2, 3] },
    ]) {
      expect(await rejection(insertVectors(client, "places", [wrong]))).toBeInstanceOf(TypeError);
    }
    expect(await rejection(insertVectors(client, "places", [{ nothing: 1 }]))).toBeInstanceOf(RangeError);
    expect(await rejection(insertVectors(client, "nothing", [right]))).toBeInstanceOf(RangeError);
    for (const options of [{ batchSize: 0 }, { index: "drop" as "keep" }, { count: -1 }]) {
      expect(await rejection(insertVectors(client, "places", [right], options))).toBeInstanceOf(RangeError);
    }
    const signal = AbortSignal.abort();
    await expectCode(insertVectors(client, "places", [right], { signal }), "ABORTED");
    expect(await vectorSearch(client, { ...where, vector: [1, 2, 3] })).toEqual([]);
  });

  it("joins what vectors and words find", async () => {
    const client = open();
    await fill(client, 40);
    const options = { ...where, vector: coordinates(1000), textTable: "texts", text: 'place "7', k: 3 };
    const search = (extra: object = {}): Promise<unknown> => hybridSearch(client, { ...options, ...extra });
    const hasText = entry.capabilities.fullTextSearch;
    const outcome = hasText ? await joined(client, search) : await rejection(search());
    expect(outcome).toMatchObject(hasText ? [{ n: 7, name: "place 7" }] : { code: "UNSUPPORTED" });
  });

  describe("with an index", () => (entry.capabilities.vectorIndex ? withIndex(open) : withoutIndex(open)));
}

function withoutIndex(open: SuiteContext["open"]): void {
  it("is exact, and says so", async () => {
    const client = open();
    await fill(client, 3);
    const { plan } = await vectorSearch(client, { ...where, vector: coordinates(1), explain: true });
    expect(plan).toMatchObject({ method: "exact", index: undefined });
    await expectCode(vectorSearch(client, { ...where, vector: coordinates(1), index: "ix" }), "UNSUPPORTED");
    await client.transaction((tx) =>
      expectCode(vectorSearch(tx, { ...where, vector: coordinates(1), index: "ix" }), "UNSUPPORTED"),
    );
  });
}

function withIndex(open: SuiteContext["open"]): void {
  it.each(["cosine", "l2"] as const)(
    "finds the nearest among its candidates, with their true distances: %s",
    async (metric) => {
      const client = open();
      await fill(client, 200);
      const name = await createVectorIndex(client, { ...where, metric });
      const target = coordinates(1000);
      const options = { ...where, vector: target, metric, explain: true } as const;
      const exact = await vectorSearch(client, { ...options, index: "exact" });
      expect(exact.plan.method).toBe("exact");
      const indexed = await vectorSearch(client, { ...options, index: name });
      expect(indexed.plan).toMatchObject({ method: "index", index: name });
      expect(indexed.rows).toEqual(exact.rows);
      const small = await vectorSearch(client, options);
      expect(small.plan.method).toBe("exact");
      expect(small.rows).toEqual(exact.rows);
      const other = metric === "l2" ? "cosine" : "l2";
      expect(await rejection(vectorSearch(client, { ...options, metric: other, index: name }))).toBeInstanceOf(
        RangeError,
      );
      expect(await rejection(vectorSearch(client, { ...options, index: "nothing" }))).toBeInstanceOf(RangeError);
    },
  );

  it("gives every row that a condition keeps, however few", async () => {
    const client = open();
    await fill(client, 200);
    const index = await createVectorIndex(client, where);
    await client.execute("INSERT INTO places VALUES (0, 'none', NULL)");
    const target = coordinates(1000);
    const all = nearest(target, 200, "cosine");
    for (const [by, rest] of [
      [2, 1],
      [20, 3],
      [100, 7],
      [1000, 5],
      [1000, 999],
    ] as const) {
      const condition = { where: "n % ? = ?", args: [by, rest] };
      const found = await vectorSearch(client, { ...where, vector: target, index, ...condition });
      expect(ids(found)).toEqual(all.filter((n) => n % by === rest).slice(0, 10));
    }
    const everything = await vectorSearch(client, { ...where, vector: target, index, k: 500 });
    expect(ids(everything)).toEqual(all);
  });

  it("finds by the primary key of a table WITHOUT ROWID", async () => {
    const client = open();
    await client.execute(
      `CREATE TABLE places (code TEXT PRIMARY KEY, ${vectorColumn("position", dimensions)}) WITHOUT ROWID`,
    );
    const rows = Array.from({ length: 40 }, (_, i) => ({ code: `c${i}`, position: coordinates(i) }));
    await insertVectors(client, "places", rows);
    const index = await createVectorIndex(client, where);
    const options = { ...where, vector: coordinates(1000), k: 5, explain: true } as const;
    const exact = await vectorSearch(client, { ...options, index: "exact" });
    const near = await vectorSearch(client, { ...options, index });
    expect([exact.plan.method, near.plan.method]).toEqual(["exact", "index"]);
    expect(near.rows).toEqual(exact.rows);
    expect(near.rows[0]).toMatchObject({ code: expect.any(String), rowid: null });
  });

  it("takes the index that looks at enough, and every row where none does", async () => {
    const client = open();
    await fill(client, 800);
    await createVectorIndex(client, { ...where, name: "narrow", maxNeighbors: 8, searchL: 20 });
    const plan = async (extra: object): Promise<unknown> => {
      const options = { ...where, vector: coordinates(5000), k: 5, explain: true, ...extra } as const;
      const found = await vectorSearch(client, options);
      expect(found.rows).toHaveLength(5);
      return found.plan;
    };
    expect(await plan({})).toMatchObject({ method: "index", index: "narrow" });
    expect(await plan({ efSearch: 20 })).toMatchObject({ method: "index", index: "narrow" });
    expect(await plan({ efSearch: 40 })).toMatchObject({ method: "exact", candidates: 0 });
    expect(await rejection(plan({ efSearch: 40, index: "narrow" }))).toBeInstanceOf(RangeError);
    const { plan: many } = await vectorSearch(client, { ...where, vector: coordinates(1), k: 21, explain: true });
    expect(many.method).toBe("exact");
  });

  it("is not used where it has not all rows", async () => {
    const client = open();
    await fill(client, 50);
    const definition = "libsql_vector_idx(position, 'metric=cosine')";
    await client.execute(`CREATE INDEX part ON places (${definition}) WHERE n < 10`);
    const options = { ...where, vector: coordinates(40), k: 3, explain: true } as const;
    for (const index of ["auto", "part"]) {
      const { rows, plan } = await vectorSearch(client, { ...options, index });
      expect(plan.method).toBe("exact");
      expect(rows[0]?.rowid).toBe(40);
    }
    expect(await vectorIndexInfo(client, where)).toMatchObject({ healthy: false, isSuspended: false, rows: 9 });
  });

  it("is emptied for a bulk insert and built anew, when that is asked for", async () => {
    const client = open();
    await fill(client, 30);
    const name = await createVectorIndex(client, { ...where, metric: "l2", searchL: 77 });
    const plans: InsertVectorsPlan[] = [];
    const states: unknown[] = [];
    const options = { batchSize: 20, onPlan: (plan: InsertVectorsPlan) => void plans.push(plan) };
    const watched = async function* (from: number, to: number): AsyncGenerator<VectorRow> {
      for await (const row of places(from, to)) {
        if (row.n === to) states.push(await vectorIndexInfo(client, where));
        yield row;
      }
    };
    await insertVectors(client, "places", watched(31, 60), options);
    expect(plans).toMatchObject([
      { indexes: [name], indexedRows: 30, rows: undefined, cheaper: "keep", index: "keep" },
    ]);
    await insertVectors(client, "places", watched(61, 180), { ...options, index: "rebuild", count: 120 });
    await insertVectors(client, "places", watched(181, 200), { ...options, index: "auto", count: 20 });
    await insertVectors(client, "places", watched(201, 500), { ...options, index: "auto", count: 300 });
    expect(plans.slice(1)).toMatchObject([
      { indexedRows: 60, rows: 120, cheaper: "rebuild", index: "rebuild" },
      { indexedRows: 180, rows: 20, cheaper: "keep", index: "keep" },
      { indexedRows: 200, rows: 300, cheaper: "rebuild", index: "rebuild" },
    ]);
    expect(states).toMatchObject([
      { healthy: true, isSuspended: false },
      { healthy: false, isSuspended: true, rows: 0, name, metric: "l2" },
      { healthy: true, isSuspended: false },
      { healthy: false, isSuspended: true },
    ]);
    const after = await vectorIndexInfo(client, where);
    expect(after).toMatchObject({ name, rows: 500, healthy: true, isSuspended: false, options: { search_l: "77" } });
    const target = coordinates(5000);
    const found = await vectorSearch(client, { ...where, vector: target, metric: "l2", index: name });
    expect(ids(found)).toEqual(nearest(target, 500, "l2").slice(0, 10));
  });

  it("is built anew after an error, not after an abort, and by the next who is asked", async () => {
    const client = open();
    await fill(client, 30);
    const name = await createVectorIndex(client, where);
    const wrong = [...Array(5).keys()].map((i) => ({ n: 100 + i, name: "it", position: coordinates(i) }));
    const rows = [...wrong, { n: 99, name: "short", position: [1] }];
    expect(await rejection(insertVectors(client, "places", rows, { index: "rebuild" }))).toBeInstanceOf(RangeError);
    expect(await vectorIndexInfo(client, where)).toMatchObject({ rows: 30, healthy: true });
    const cancel = new AbortController();
    const options = {
      index: "rebuild",
      batchSize: 2,
      signal: cancel.signal,
      onProgress: () => cancel.abort(),
    } as const;
    await expectCode(insertVectors(client, "places", wrong, options), "ABORTED");
    expect(await vectorIndexInfo(client, where)).toMatchObject({ name, rows: 0, healthy: false, isSuspended: true });
    const search = { ...where, vector: coordinates(1), k: 1, explain: true } as const;
    expect(await vectorSearch(client, { ...search, index: name })).toMatchObject({
      rows: [{ rowid: 1 }],
      plan: { method: "exact" },
    });
    await insertVectors(client, "places", places(200, 209), { index: "rebuild" });
    expect(await vectorIndexInfo(client, where)).toMatchObject({ name, rows: 42, healthy: true, isSuspended: false });
    const tx = await client.transaction();
    await insertVectors(tx, "places", places(300, 309), { index: "rebuild" });
    expect(await vectorIndexInfo(tx, where)).toMatchObject({ rows: 52, healthy: true });
    await tx.rollback();
    expect(await vectorIndexInfo(client, where)).toMatchObject({ rows: 42, healthy: true });
    const plan = await rejection(
      insertVectors(client, "places", places(400, 409), {
        index: "rebuild",
        onPlan: () => {
          throw new Error("no");
        },
      }),
    );
    expect(plan).toMatchObject({ message: "no" });
    expect(await vectorIndexInfo(client, where)).toMatchObject({ rows: 42, healthy: true });
  });

  it("sees what its transaction wrote, and falls back when the index is gone", async () => {
    const client = open();
    await fill(client, 30);
    const index = await createVectorIndex(client, where);
    const target = coordinates(1000);
    const tx = await client.transaction();
    await tx.execute("INSERT INTO places VALUES (99, 'new', ?)", [vector(target)]);
    const { rows, plan } = await vectorSearch(tx, { ...where, vector: target, k: 2, index, explain: true });
    expect(plan.method).toBe("index");
    expect(rows[0]).toMatchObject({ name: "new" });
    await tx.commit();
    await client.execute(`DROP INDEX ${index}`);
    const { plan: after } = await vectorSearch(client, { ...where, vector: target, explain: true });
    expect(after.method).toBe("exact");
  });
}

/** Rows of which the seventh has the words, and of which a condition keeps just that. */
async function joined(client: Client, search: (extra?: object) => Promise<unknown>): Promise<unknown> {
  await client.execute("CREATE VIRTUAL TABLE texts USING fts5(name)");
  await client.execute("INSERT INTO texts(rowid, name) SELECT n, name FROM places");
  expect(await search()).toHaveLength(3);
  expect(await search({ text: "7", k: 40 })).toContainEqual(
    expect.objectContaining({ n: 7, score: expect.any(Number) }),
  );
  expect(await rejection(search({ text: '" -- *' }))).toBeInstanceOf(RangeError);
  const byName = await search({ where: "n = :n", args: { n: 7 } });
  expect(await search({ where: "n = ?", args: [7] })).toEqual(byName);
  for (const k of [0, 10_001]) expect(await rejection(search({ k }))).toBeInstanceOf(RangeError);
  const bigints = await search({ intMode: "bigint", where: "n < ?", args: [9] });
  expect(bigints).toHaveLength(3);
  expect(bigints).toContainEqual(expect.objectContaining({ n: 7n, rowid: 7n }));
  await client.execute("CREATE VIEW seen AS SELECT * FROM places");
  expect(await rejection(search({ table: "seen" }))).toBeInstanceOf(RangeError);
  await client.execute("DROP VIEW seen");
  await client.execute("DROP TABLE texts");
  return byName;
}

/** Rows `from` to `to`, one after the other. */
async function* places(from: number, to: number): AsyncGenerator<{ n: number; name: string; position: Float32Array }> {
  for (let n = from; n <= to; n += 1) yield await Promise.resolve({ n, name: `place ${n}`, position: coordinates(n) });
}

/** Rows 1 to `count` with coordinates that are the same every time. */
async function fill(client: Client, count: number): Promise<void> {
  await client.execute(
    `CREATE TABLE places (n INTEGER PRIMARY KEY, name TEXT, ${vectorColumn("position", dimensions)})`,
  );
  await client.batch(
    Array.from({ length: count }, (_, i): [string, (number | string | Uint8Array)[]] => [
      "INSERT INTO places VALUES (?, ?, ?)",
      [i + 1, `place ${i + 1}`, vector(coordinates(i + 1))],
    ]),
    "write",
  );
}

function coordinates(seed: number): Float32Array {
  return Float32Array.from({ length: dimensions }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));
}

function nearest(target: Float32Array, count: number, metric: "cosine" | "l2"): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const measured = new Map(numbers.map((n) => [n, distance(coordinates(n), target, metric)]));
  return numbers.toSorted((a, b) => measured.get(a)! - measured.get(b)!);
}

function ids(rows: readonly VectorMatch[]): unknown[] {
  return rows.map(({ rowid }) => rowid);
}
