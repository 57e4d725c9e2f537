import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { engines } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";

const query = (sql: string) => ({ sql, args: [], argTypes: [] });

describe.each(engines)("PrismaLitefleet on $name", ({ dialect, open }) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await open();
  });

  afterAll(() => database[Symbol.asyncDispose]());

  test("closes the client it opened, and opens another for the next connection", async () => {
    const prisma = await newPrismaClient(new PrismaLitefleet(database.config));
    await prisma.tag.create({ data: { name: "first" } });
    await prisma.$disconnect();
    expect(await prisma.tag.count({ where: { name: "first" } })).toBe(1);
    await prisma.$disconnect();
  });

  test("leaves a client that was passed in open", async () => {
    await using client = createClient(database.config);
    const prisma = await newPrismaClient(new PrismaLitefleet(client));
    await prisma.tag.create({ data: { name: "shared" } });
    await prisma.$disconnect();
    expect(client.closed).toBe(false);
    expect((await client.execute(`SELECT count(*) AS n FROM "Tag" WHERE "name" = 'shared'`)).rows[0]).toMatchObject({
      n: 1,
    });
  });

  test("runs every statement of a script, triggers included", async () => {
    const adapter = await new PrismaLitefleet(database.config).connect();
    try {
      await adapter.executeScript(`
        CREATE TABLE log(text); -- what happened
        CREATE TRIGGER watch AFTER INSERT ON "Tag" BEGIN
          INSERT INTO log VALUES (NEW."name" || ';');
        END;
        INSERT INTO "Tag" VALUES ('scripted');
      `);
      expect((await adapter.queryRaw(query("SELECT text FROM log"))).rows).toEqual([["scripted;"]]);
      await adapter.executeScript("DROP TRIGGER watch; DROP TABLE log");
    } finally {
      await adapter.dispose();
    }
  });

  test("connects to a shadow database that is empty and does not touch the real one", async () => {
    const factory = new PrismaLitefleet(database.config);
    const shadow = await factory.connectToShadowDb();
    try {
      expect((await shadow.queryRaw(query("SELECT count(*) FROM sqlite_master"))).rows).toEqual([[0]]);
      await shadow.executeScript(await readFile(new URL("schema.sql", import.meta.url), "utf8"));
      await shadow.executeScript(`INSERT INTO "Tag" VALUES ('shadow')`);
      expect((await shadow.queryRaw(query('SELECT "name" FROM "Tag"'))).rows).toEqual([["shadow"]]);
    } finally {
      await shadow.dispose();
    }
    await using client = createClient(database.config);
    expect((await client.execute(`SELECT 1 FROM "Tag" WHERE "name" = 'shadow'`)).rows).toHaveLength(0);
  });

  test("tells the id of the last row", async () => {
    const adapter = await new PrismaLitefleet(database.config).connect();
    try {
      const inserted = await adapter.queryRaw(
        query(`INSERT INTO "Author" ("id", "email") VALUES (77, 'id@example.com')`),
      );
      expect(inserted.lastInsertId).toBe("77");
    } finally {
      await adapter.dispose();
    }
  });

  test("tells the limit of parameters, up to which one statement takes them", async () => {
    const adapter = await new PrismaLitefleet(database.config).connect();
    const select = (count: number) =>
      adapter.queryRaw({
        sql: `SELECT ${count - 1} IN (${Array(count).fill("?").join(",")}) AS "found"`,
        args: Array.from({ length: count }, (_, i) => i),
        argTypes: Array.from({ length: count }, () => ({ scalarType: "int", arity: "scalar" })),
      });
    try {
      const limit = adapter.getConnectionInfo?.().maxBindValues ?? 0;
      expect(limit).toBe({ sqlite: 32_766, turso: 250_000 }[dialect]);
      expect((await select(limit)).rows).toEqual([[1]]);
      const beyond = await select(limit + 1).then(
        () => "taken",
        () => "refused",
      );
      expect(beyond).toBe({ sqlite: "refused", turso: "taken" }[dialect]);
    } finally {
      await adapter.dispose();
    }
  });
});

test("refuses what is no database and options that do not exist, at once", () => {
  const attempt = (...args: unknown[]) => {
    return (): unknown => Reflect.construct(PrismaLitefleet, args);
  };
  expect(attempt(null)).toThrow(TypeError);
  expect(attempt("file:app.db")).toThrow(TypeError);
  expect(attempt({ filename: "app.db" })).toThrow(TypeError);
  expect(attempt({ url: "file:app.db" }, { timestampFormat: "unix" })).toThrow(RangeError);
  expect(attempt({ url: "file:app.db" }, { transactionMode: "exclusive" })).toThrow(RangeError);
});

test("passes on the driver's error for a config that cannot work, with its code", async () => {
  const prisma = await newPrismaClient(new PrismaLitefleet({ url: "ftp://example.com/app.db" }));
  expect((await errorOf(prisma.tag.count())).code).toBe("URL_SCHEME_NOT_SUPPORTED");
});

test("in memory: the database lives as long as the connection", async () => {
  const prisma = await newPrismaClient(new PrismaLitefleet({ url: ":memory:" }));
  await prisma.$executeRawUnsafe(
    `CREATE TABLE "Tag" ("name" TEXT NOT NULL PRIMARY KEY); INSERT INTO "Tag" VALUES ('kept')`,
  );
  await prisma.$transaction(async (tx) => {
    await tx.tag.create({ data: { name: "too" } });
  });
  expect(await prisma.tag.count()).toBe(2);
  await prisma.$disconnect();
});
