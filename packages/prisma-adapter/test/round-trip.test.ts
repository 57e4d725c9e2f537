import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { Decimal, join as joined, sqltag } from "@prisma/client/runtime/client";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { enginesAndMemory } from "./support/databases.ts";
import type { OpenedDatabase } from "./support/databases.ts";
import { newPrismaClient } from "./support/prisma-client.ts";
import type { TestClient } from "./support/prisma-client.ts";
import { typedRow } from "./support/raw-row.ts";

/** Fifteen digits are what SQLite promises to keep of a number in a DECIMAL column. */
const shortDecimal = fc
  .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: -6, max: 6 }))
  .map(([digits, power]) => `${digits}e${power}`);

/** Sixteen or seventeen digits may be a Float's, and are taken for it. */
const longDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n }), fc.integer({ min: -80, max: 40 }))
  .filter(([digits]) => ![16, 17].includes(`${digits}`.replaceAll(/^-|0+$/g, "").length))
  .map(([digits, power]) => `${digits}e${power}`);

/** Prisma's query compiler passes on no more than sixteen digits of a Float, whatever the adapter. */
const shortReal = fc
  .tuple(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), fc.integer({ min: -300, max: 290 }))
  .map(([digits, power]) => Number(`${digits}e${power}`))
  .filter((real) => !Object.is(real, -0));

/**
 * A document that is one number is a number to SQLite, in the NUMERIC column that JSONB is, and keeps fifteen digits; one that
 * is null is another type to Prisma, and a key `__proto__` gets lost in its copying.
 */
function isStorableJson(json: unknown): boolean {
  return json !== null && typeof json !== "number" && !JSON.stringify(json).includes("__proto__");
}

const kinds = {
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  real: shortReal,
  decimal: shortDecimal,
  exact: longDecimal,
  flag: fc.boolean(),
  at: fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  }),
  json: fc.jsonValue().filter(isStorableJson),
  bytes: fc.uint8Array({ maxLength: 300 }),
  color: fc.constantFrom("RED", "GREEN"),
};

const sample = fc.record(kinds, { requiredKeys: [] });

/** A value in a form that is equal for all spellings of the same: `1e3` and `1000` as a decimal, `-0` and `0` in JSON. */
function comparable(row: object, key: string): unknown {
  const value: unknown = Reflect.get(row, key);
  if (key === "decimal" || key === "exact") return new Decimal(String(value)).toString();
  return key === "json" ? JSON.parse(JSON.stringify(value)) : value;
}

describe.each(enginesAndMemory)("round trips on $name", ({ dialect, open }) => {
  let opened: OpenedDatabase;
  let client: Client;
  let clients: TestClient[];
  let nextId = 1;

  beforeAll(async () => {
    opened = await open();
    const { database } = opened;
    client = "prepare" in database ? database : createClient(database);
    clients = [
      await newPrismaClient(new PrismaLitefleet(client)),
      await newPrismaClient(new PrismaLitefleet(client, { timestampFormat: "unixepoch-ms" })),
    ];
  });

  afterAll(async () => {
    for (const prisma of clients) await prisma.$disconnect();
    client.close();
    await opened[Symbol.asyncDispose]();
  });

  test("what is written is read, and found again by each of its values", { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(sample, fc.constantFrom(0, 1), async (data, which) => {
      const prisma = clients[which]!;
      const id = nextId++;
      await prisma.sample.create({ data: { id, ...data } });
      const row = await prisma.sample.findUniqueOrThrow({ where: { id } });
      for (const key of Object.keys(data)) expect(comparable(row, key)).toEqual(comparable(data, key));
      const { json: _, ...scalars } = data;
      expect(await prisma.sample.count({ where: { id, ...scalars } })).toBe(1);
      const [stored] = await prisma.$queryRawUnsafe('SELECT * FROM "Sample" WHERE "id" = ?', id);
      const raw = typedRow[dialect](stored!);
      for (const key of Object.keys(data)) expect(comparable(raw, key)).toEqual(comparable(data, key));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test("as @prisma/adapter-better-sqlite3 does, where that is right", { timeout: 60_000 }, async () => {
    await using peer = await openPeer();
    const property = fc.asyncProperty(sample, fc.constantFrom(0, 1), async (drawn, which) => {
      const data = Object.fromEntries(Object.entries(drawn).filter(([key, value]) => isRightInPeer(key, value)));
      const pair = [clients[which]!, peer.clients[which]!] as const;
      const id = nextId++;
      for (const prisma of pair) await prisma.sample.create({ data: { id, made: new Date(0), ...data } });
      const [ours, theirs] = await Promise.all(
        pair.map((prisma) => prisma.sample.findUniqueOrThrow({ where: { id } })),
      );
      expect(ours).toEqual(theirs);
      const types = columns.map((column) => `typeof("${column}") AS "${column}"`).join(", ");
      const [stored, storedByPeer] = await Promise.all(
        pair.map((prisma) => prisma.$queryRawUnsafe(`SELECT ${types} FROM "Sample" WHERE "id" = ?`, id)),
      );
      expect(stored).toEqual(storedByPeer);
      if (dialect === "turso") return;
      const [raw, rawOfPeer] = await Promise.all(
        pair.map((prisma) => prisma.$queryRawUnsafe('SELECT * FROM "Sample" WHERE "id" = ?', id)),
      );
      expect(raw).toEqual(rawOfPeer);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test("lists of each kind in raw queries find what they hold", { timeout: 60_000 }, async () => {
    const { int, big, real, decimal, flag, at, bytes, color } = kinds;
    const list = fc.constantFrom(
      ...Object.entries({ int, big, real, decimal: decimal.map((text) => new Decimal(text)), flag, at, bytes, color }),
    );
    const drawn = list.chain(([column, kind]) =>
      fc.record({ column: fc.constant(column), values: fc.array<unknown>(kind, { minLength: 1, maxLength: 6 }) }),
    );
    const property = fc.asyncProperty(drawn, fc.constantFrom(0, 1), async ({ column, values }, which) => {
      const prisma = clients[which]!;
      const first = nextId;
      for (const value of values) await prisma.sample.create({ data: { id: nextId++, [column]: value } });
      // A row that must not be found.
      await prisma.sample.create({ data: { id: nextId++ } });
      const found = await prisma.$queryRaw(
        sqltag`SELECT "id" FROM "Sample" WHERE "id" >= ${first} AND ${sqltag([`"${column}"`])} IN (${joined(values)}) ORDER BY "id"`,
      );
      expect(found).toEqual(values.map((_, i) => ({ id: first + i })));
    });
    await fc.assert(property, { numRuns: 30 });
  });
});

const columns = ["int", "big", "real", "decimal", "flag", "at", "made", "json", "bytes", "color"];

/** It reads integers beyond 2^53 inexactly, and stores every Decimal as a double. */
function isRightInPeer(key: string, value: unknown): boolean {
  if (key === "big")
    return typeof value === "bigint" && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value));
  return key !== "exact";
}

async function openPeer(): Promise<AsyncDisposable & { readonly clients: readonly TestClient[] }> {
  const directory = await mkdtemp(join(tmpdir(), "litefleet-prisma-peer-"));
  const url = `file:${join(directory, "peer.db")}`;
  await using client = createClient({ url, engine: "sqlite" });
  await client.executeMultiple(await readFile(new URL("schema.sql", import.meta.url), "utf8"));
  const clients = [
    await newPrismaClient(new PrismaBetterSqlite3({ url })),
    await newPrismaClient(new PrismaBetterSqlite3({ url }, { timestampFormat: "unixepoch-ms" })),
  ];
  return {
    clients,
    async [Symbol.asyncDispose]() {
      for (const prisma of clients) await prisma.$disconnect();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
