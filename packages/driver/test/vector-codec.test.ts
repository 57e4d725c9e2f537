import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { decodeVector, distance, vector } from "@litefleet/driver/vector";
import type { VectorKind } from "@litefleet/driver/vector";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

const sqlFunctions: Readonly<Record<VectorKind, string>> = {
  f64: "vector64",
  f32: "vector32",
  f16: "vector16",
  bf16: "vectorb16",
  i8: "vector8",
  f1: "vector1bit",
};
const kinds = Object.keys(sqlFunctions) as VectorKind[];
const tursoKinds = kinds.filter((kind) => kind !== "f16" && kind !== "bf16");

/** Numbers that survive the engines' reading of decimal text: at most 15 digits, and no tiny ones. */
const element = fc
  .oneof(
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.double({ min: -60_000, max: 60_000, noNaN: true }),
    fc.integer({ min: -300, max: 300 }),
    fc.float({ min: Math.fround(-1e-6), max: Math.fround(1e-6), noNaN: true }),
  )
  .map((number) => (Math.abs(number) < 1e-20 ? 0 : Number(number.toPrecision(15))));
const elements = fc.array(element, { minLength: 1, maxLength: 40 });

const engines = {
  libsql: createClient({ url: ":memory:" }),
  sqlite: createClient({ url: ":memory:", engine: "sqlite" }),
  turso: createClient({ url: ":memory:", engine: "turso" }),
} satisfies Record<string, Client>;
afterAll(() => Object.values(engines).forEach((client) => client.close()));

/** libSQL reads the last bit of a 64-bit number wrong when its text has many decimals. */
function toExact(numbers: readonly number[]): number[] {
  return numbers.map((number) => Math.round(number * 64) / 64 + 0);
}

async function bytesOf(client: Client, sql: string, args: (string | Uint8Array)[]): Promise<Uint8Array> {
  const value = (await client.execute(sql, args)).rows[0]?.[0];
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return expect.fail(`expected a blob, got ${String(value)}`);
}

/** libSQL leaves whatever lay in memory in the bytes that fill an 8-bit vector up. */
function withoutPadding(bytes: Uint8Array, kind: VectorKind): Uint8Array {
  if (kind !== "i8") return bytes;
  const padding = bytes.at(-2)!;
  return bytes.map((byte, i) => (i >= bytes.length - 11 - padding && i < bytes.length - 11 ? 0 : byte));
}

/** How many elements the bytes decode to; 1 if they are refused as they should be. */
function lengthOrError(bytes: Uint8Array): number {
  try {
    return decodeVector(bytes).values.length;
  } catch (error) {
    if (error instanceof RangeError) return 1;
    throw error;
  }
}

const cases = [
  ...kinds.map((kind) => ["libsql", kind] as const),
  ...kinds.map((kind) => ["sqlite", kind] as const),
  ...tursoKinds.map((kind) => ["turso", kind] as const),
];

describe("vector", () => {
  it.each(cases)("makes the bytes that %s makes of the same numbers: %s", async (engine, kind) => {
    await fc.assert(
      fc.asyncProperty(elements.map(kind === "f64" ? toExact : (numbers) => numbers), async (numbers) => {
        const made = await bytesOf(engines[engine], `SELECT ${sqlFunctions[kind]}(?)`, [JSON.stringify(numbers)]);
        expect(vector(numbers, kind)).toEqual(withoutPadding(made, kind));
      }),
      { numRuns: 300 },
    );
  });

  it.each(cases)("is read by %s as decodeVector reads it: %s", async (engine, kind) => {
    await fc.assert(
      fc.asyncProperty(elements, async (numbers) => {
        const blob = vector(numbers, kind);
        const { kind: read, values } = decodeVector(blob);
        expect(read).toBe(kind);
        expect(values.length).toBe(numbers.length);
        const extracted = await engines[engine].execute("SELECT vector_extract(?)", [blob]);
        const theirs = JSON.parse(String(extracted.rows[0]?.[0])) as number[];
        const greatest = Math.max(...numbers.map(Math.abs));
        for (const [i, value] of theirs.entries()) {
          // vector_extract writes six or seven digits.
          expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(greatest * 1e-5 + 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("takes typed arrays and iterables, and copies", () => {
    const expected = vector([1, 2, 3]);
    const floats = new Float32Array([0, 1, 2, 3]).subarray(1);
    const made = vector(floats);
    expect(made).toEqual(expected);
    floats[0] = 9;
    expect(made).toEqual(expected);
    expect(vector(new Float64Array([1, 2, 3]))).toEqual(expected);
    expect(vector(new Int8Array([1, 2, 3]))).toEqual(expected);
    expect(vector(new Set([1, 2, 3]))).toEqual(expected);
  });

  it.each(kinds)("refuses what is not a vector of kind %s", (kind) => {
    expect(() => vector([1, Number.NaN], kind)).toThrow(RangeError);
    expect(() => vector([Infinity], kind)).toThrow(RangeError);
    expect(() => vector(new Float32Array([1, -Infinity]), kind)).toThrow(RangeError);
    expect(() => vector([], kind)).toThrow(RangeError);
    expect(() => vector(new Float32Array(65_537), kind)).toThrow(RangeError);
    expect(() => vector([1, 2], kind, 3)).toThrow(RangeError);
    for (const wrong of ["[1,2]", ["1"], [null], [undefined], [1n], null, undefined, 5, {}, new Map([[1, 2]])]) {
      expect(() => vector(wrong as number[], kind)).toThrow(TypeError);
    }
  });

  it("refuses what a kind cannot hold", () => {
    expect(() => vector([65_520], "f16")).toThrow(RangeError);
    expect(() => vector([1e39])).toThrow(RangeError);
    expect(() => vector([1e39], "bf16")).toThrow(RangeError);
    expect(() => vector([3e38, -3e38], "i8")).toThrow(RangeError);
    expect(() => vector([1], "f8" as VectorKind)).toThrow(RangeError);
    expect(vector([65_519], "f16")).toEqual(new Uint8Array([0xff, 0x7b, 5]));
  });
});

describe("decodeVector", () => {
  it("refuses what is no vector", () => {
    for (const bytes of [[], [1], [1, 2], [1, 2, 3, 4, 2], [9, 9, 9], [0, 16, 3], [0, 0, 0, 0, 4], [0, 1, 3]]) {
      expect(() => decodeVector(new Uint8Array(bytes))).toThrow(RangeError);
    }
    for (const wrong of ["[1,2]", null, 5]) {
      expect(() => decodeVector(wrong as unknown as Uint8Array)).toThrow(TypeError);
    }
  });

  it("never reads beyond arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(lengthOrError(bytes)).toBeGreaterThan(0);
      }),
    );
  });
});

describe("distance", () => {
  const pairs = fc
    .integer({ min: 1, max: 40 })
    .chain((length) => {
      const coordinates = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
        minLength: length,
        maxLength: length,
      });
      return fc.tuple(coordinates, coordinates);
    })
    .filter((both) => both.every((numbers) => numbers.some((number) => Math.abs(number) > 0.01)));

  it.each(cases)("is what %s measures: %s", async (engine, kind) => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([a, b]) => {
        const blobs = [vector(a, kind), vector(b, kind)] as const;
        const [left, right] = [decodeVector(blobs[0]), decodeVector(blobs[1])];
        const isFlat = [left, right].some(({ values }) => values.every((value) => Math.abs(value) < 0.005));
        if (isFlat) return;
        for (const [metric, name] of [
          ["cosine", "cos"],
          ["l2", "l2"],
        ] as const) {
          if (kind === "f1" && metric === "l2") continue;
          const { rows } = await engines[engine].execute(`SELECT vector_distance_${name}(?, ?)`, [...blobs]);
          expect(Math.abs(distance(left, right, metric) - Number(rows[0]?.[0]))).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("refuses what has none, and knows a vector without direction", () => {
    expect(() => distance([1], [1, 2])).toThrow(RangeError);
    expect(() => distance([], [])).toThrow(RangeError);
    expect(() => distance([1], [1], "dot" as "l2")).toThrow(RangeError);
    const [f16, f32] = [decodeVector(vector([1], "f16")), decodeVector(vector([1]))];
    expect(() => distance(f16, f32)).toThrow(TypeError);
    const bit = decodeVector(vector([1], "f1"));
    expect(() => distance(bit, bit, "l2")).toThrow(RangeError);
    expect(distance([0, 0], [1, 2])).toBe(1);
    expect(distance([0, 3], [4, 0], "l2")).toBe(5);
  });
});
