import {
  createVectorIndex,
  decodeVector,
  dropVectorIndex,
  rebuildVectorIndex,
  vector,
  vectorColumn,
  vectorDistance,
  vectorIndexInfo,
  vectorSearch,
} from "@litefleet/driver/vector";
import type { VectorKind } from "@litefleet/driver/vector";
import type { LitefleetError } from "@litefleet/driver";
import { describe, expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

const kinds: readonly VectorKind[] = ["f64", "f32", "f16", "bf16", "i8", "f1"];

/** Vectors as arguments, and their distances. */
export function vectors({ open, entry }: SuiteContext): void {
  it.each(["f32", "f64"] as const)("makes the bytes that the engine makes: %s", async (kind) => {
    const numbers = [1, -2.5, 0.1, 1e-20, 3e20];
    const made = kind === "f32" ? "vector32" : "vector64";
    const { rows } = await open().execute(`SELECT ${made}(?) AS v`, [JSON.stringify(numbers)]);
    const blob = rows[0]?.["v"];
    expect(blob).toBeInstanceOf(ArrayBuffer);
    if (!(blob instanceof ArrayBuffer)) return;
    expect(new Uint8Array(blob)).toEqual(vector(numbers, kind));
    expect(decodeVector(blob).kind).toBe(kind);
  });

  it.each(["cosine", "l2"] as const)("finds the nearest by %s", async (metric) => {
    const client = open();
    await client.execute("CREATE TABLE places (name TEXT, position F32_BLOB(3))");
    await client.batch(
      [
        ["INSERT INTO places VALUES (?, ?)", ["near", vector([1, 0.1, 0])]],
        ["INSERT INTO places VALUES (?, ?)", ["far", vector([-1, 0, 0])]],
        ["INSERT INTO places VALUES (?, ?)", ["middle", vector([0, 1, 0])]],
      ],
      "write",
    );
    const nearest = `SELECT name, ${vectorDistance("position", { metric })} AS distance FROM places ORDER BY distance`;
    const { rows } = await client.execute(nearest, [vector([1, 0, 0])]);
    expect(rows.map((row) => row["name"])).toEqual(["near", "middle", "far"]);
    expect(rows[2]?.["distance"]).toBeCloseTo(2, 5);
  });

  it("measures in prepared statements, in transactions too", async () => {
    const client = open();
    await client.execute("CREATE TABLE places (name TEXT, position F32_BLOB(2))");
    const insert = client.prepare("INSERT INTO places VALUES (?, ?)");
    await insert.run(["east", vector([1, 0])]);
    await insert.run(["north", vector([0, 1])]);
    const nearest = `SELECT name FROM places ORDER BY ${vectorDistance(["places", "position"])} LIMIT 1`;
    const find = client.prepare(nearest);
    expect(await find.values([vector([1, 0.1])])).toEqual([["east"]]);
    expect(await find.values([vector([0.1, 1])])).toEqual([["north"]]);
    await client.transaction(async (tx) => {
      const south = tx.prepare("INSERT INTO places VALUES (:name, :position)");
      await south.run({ name: "south", position: vector([0, -1]) });
      expect(await tx.prepare(nearest).values([vector([0.1, -1])])).toEqual([["south"]]);
    });
  });

  it("fails with an error of the engine for what is no vector", async () => {
    const client = open();
    for (const wrong of [null, "text", 5, new Uint8Array([1, 2, 3, 4, 9])]) {
      const { code } = (await rejection(
        client.execute("SELECT vector_distance_cos(?, ?)", [wrong, vector([1, 2])]),
      )) as LitefleetError;
      expect(["SQLITE_ERROR", "SQLITE_UNKNOWN"]).toContain(code);
    }
  });

  it.each(kinds)("stores and reads a column of kind %s", async (kind) => {
    const client = open();
    await client.execute(`CREATE TABLE "odd table" (${vectorColumn('odd "column', 3, kind)})`);
    const blob = vector([0.5, -1, 1], kind, 3);
    await client.execute('INSERT INTO "odd table" VALUES (?)', [blob]);
    const { rows } = await client.execute('SELECT "odd ""column" FROM "odd table"');
    const stored = rows[0]?.[0];
    expect(stored).toBeInstanceOf(ArrayBuffer);
    if (!(stored instanceof ArrayBuffer)) return;
    expect(decodeVector(stored)).toEqual(decodeVector(blob));
  });

  describe("an index", () => (entry.capabilities.vectorIndex ? withIndex(open) : withoutIndex(open)));
}

const which = { table: "places", column: "position" };

function withoutIndex(open: SuiteContext["open"]): void {
  it("is UNSUPPORTED, in a transaction too", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (${vectorColumn("position", 3)})`);
    await expectCode(createVectorIndex(client, which), "UNSUPPORTED");
    await expectCode(vectorIndexInfo(client, which), "UNSUPPORTED");
    await expectCode(rebuildVectorIndex(client, which), "UNSUPPORTED");
    await expectCode(dropVectorIndex(client, which), "UNSUPPORTED");
    await client.transaction((tx) => expectCode(createVectorIndex(tx, which), "UNSUPPORTED"));
  });
}

function withIndex(open: SuiteContext["open"]): void {
  it.each(["cosine", "l2"] as const)("is created, described, rebuilt and dropped: %s", async (metric) => {
    const client = open();
    await client.execute(`CREATE TABLE places (name TEXT, ${vectorColumn("position", 3)})`);
    await client.execute("INSERT INTO places VALUES ('a', ?), ('b', NULL)", [vector([1, 2, 3])]);
    expect(await vectorIndexInfo(client, which)).toBeUndefined();
    expect(await dropVectorIndex(client, which)).toBe(false);
    const name = await createVectorIndex(client, { ...which, metric, preset: "small", maxNeighbors: 7, searchL: 50 });
    expect(name).toBe("places_position_vector");
    await client.execute("INSERT INTO places VALUES ('c', ?)", [vector([3, 2, 1])]);
    const options = {
      metric,
      compress_neighbors: "float8",
      max_neighbors: "7",
      search_l: "50",
    };
    const info = await vectorIndexInfo(client, which);
    expect(info).toMatchObject({ name, metric, options, healthy: true, isSuspended: false, rows: 2 });
    expect(info?.bytes).toBeGreaterThanOrEqual(2 * 4096);
    await client.execute(`DELETE FROM ${name}_shadow`);
    expect(await vectorIndexInfo(client, which)).toMatchObject({ healthy: false, rows: 0 });
    await rebuildVectorIndex(client, which);
    expect(await vectorIndexInfo(client, which)).toMatchObject({ healthy: true, rows: 2 });
    expect(await dropVectorIndex(client, which)).toBe(true);
    expect(await vectorIndexInfo(client, which)).toBeUndefined();
  });

  it("belongs to the transaction that creates it", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (${vectorColumn("position", 3)})`);
    const tx = await client.transaction();
    await createVectorIndex(tx, which);
    expect(await vectorIndexInfo(tx, which)).toMatchObject({ healthy: true });
    await tx.rollback();
    expect(await vectorIndexInfo(client, which)).toBeUndefined();
  });

  it("is refused with settings that libSQL has not", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (plain BLOB, ${vectorColumn("position", 3)})`);
    for (const wrong of [
      { name: "two words" },
      { name: "1st" },
      { metric: "dot" as "l2" },
      { preset: "huge" as "small" },
      { compressNeighbors: "float1bit" as const, metric: "l2" as const },
      { compressNeighbors: "x', 'y" as "float8" },
      { maxNeighbors: 0.5 },
      { alpha: Number.NaN },
      { column: "plain" },
      { column: "nothing" },
      { table: "nothing" },
    ]) {
      expect(await rejection(createVectorIndex(client, { ...which, ...wrong }))).toBeInstanceOf(RangeError);
    }
    expect(await rejection(rebuildVectorIndex(client, which))).toBeInstanceOf(RangeError);
    expect(await vectorIndexInfo(client, which)).toBeUndefined();
  });

  it.each(["f64", "f32", "f16", "bf16", "i8", "f1"] as const)("is on a column of kind %s", async (kind) => {
    const client = open();
    await client.execute(`CREATE TABLE places (${vectorColumn("position", 8, kind)})`);
    const blobs = Array.from({ length: 30 }, (_, i) =>
      vector(
        Array.from({ length: 8 }, (__, j) => Math.sin(i * 8 + j)),
        kind,
      ),
    );
    await client.batch(
      blobs.map((blob) => ["INSERT INTO places VALUES (?)", [blob]]),
      "write",
    );
    for (const metric of ["cosine", "l2"] as const) {
      const create = createVectorIndex(client, { ...which, metric, name: `by_${metric}` });
      if (kind === "f1" && metric === "l2") {
        expect(await rejection(create)).toBeInstanceOf(RangeError);
        continue;
      }
      const index = await create;
      const options = { ...which, vector: blobs[3]!, metric, k: 5 };
      const exact = await vectorSearch(client, { ...options, index: "exact" });
      const { rows, plan } = await vectorSearch(client, { ...options, index, explain: true });
      expect(plan.method).toBe("index");
      expect(rows.map(({ distance }) => distance)).toEqual(exact.map(({ distance }) => distance));
    }
  });

  it("is one of several on a column, each by its name", async () => {
    const client = open();
    await client.execute(`CREATE TABLE places (${vectorColumn("position", 3)})`);
    await client.execute("INSERT INTO places VALUES (?)", [vector([1, 2, 3])]);
    await createVectorIndex(client, { ...which, name: "near" });
    await createVectorIndex(client, { ...which, name: "far", metric: "l2" });
    expect(await rejection(vectorIndexInfo(client, which))).toBeInstanceOf(RangeError);
    expect(await rejection(dropVectorIndex(client, which))).toBeInstanceOf(RangeError);
    expect(await rejection(rebuildVectorIndex(client, which))).toBeInstanceOf(RangeError);
    expect(await vectorIndexInfo(client, { ...which, name: "FAR" })).toMatchObject({ name: "far", metric: "l2" });
    expect(await dropVectorIndex(client, { ...which, name: "near" })).toBe(true);
    expect(await vectorIndexInfo(client, which)).toMatchObject({ name: "far" });
  });

  it("is found under names that need quotes", async () => {
    const client = open();
    const odd = { table: 'it\'s "odd" (x)', column: 'po "si" tion' };
    await client.execute(`CREATE TABLE "it's ""odd"" (x)" (${vectorColumn(odd.column, 3)})`);
    await client.execute(`INSERT INTO "it's ""odd"" (x)" VALUES (?)`, [vector([1, 2, 3])]);
    const index = await createVectorIndex(client, odd);
    expect(await vectorIndexInfo(client, odd)).toMatchObject({ name: index, rows: 1, healthy: true });
    const { rows, plan } = await vectorSearch(client, { ...odd, vector: [1, 2, 3], k: 1, index, explain: true });
    expect([rows[0]?.rowid, plan.index]).toEqual([1, index]);
    await client.execute(`DROP TABLE "it's ""odd"" (x)"`);
  });
}
