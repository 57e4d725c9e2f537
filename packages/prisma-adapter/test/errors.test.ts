import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { engines } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";
import type { PrismaError, TestClient } from "./support/prisma-client.ts";

const causeOf = (error: PrismaError) => error.meta?.driverAdapterError?.cause;

describe.each(engines)("errors on $name", ({ dialect, open }) => {
  let database: TestDatabase;
  let prisma: TestClient;

  beforeAll(async () => {
    database = await open();
    prisma = await newPrismaClient(new PrismaLitefleet(database.config));
  });

  afterAll(async () => {
    await prisma.$disconnect();
    await database[Symbol.asyncDispose]();
  });

  test("a unique constraint is P2002 with its fields and table", async () => {
    await prisma.author.create({ data: { email: "twice@example.com" } });
    const error = await errorOf(prisma.author.create({ data: { email: "twice@example.com" } }));
    expect(error.code).toBe("P2002");
    expect(causeOf(error)).toMatchObject({
      kind: "UniqueConstraintViolation",
      constraint: { fields: ["email"] },
      table: "Author",
    });
  });

  test("a primary key of two columns is P2002 with both", async () => {
    const data = { row: 1, col: 1 };
    await prisma.cell.create({ data });
    const error = await errorOf(prisma.cell.create({ data }));
    expect(error.code).toBe("P2002");
    expect(causeOf(error)).toMatchObject({ constraint: { fields: ["row", "col"] }, table: "Cell" });
  });

  test("a unique index over an expression is P2002 with the index", async () => {
    await prisma.$executeRawUnsafe('CREATE UNIQUE INDEX "by name" ON "Author"(lower("name"))');
    await prisma.author.create({ data: { email: "e1@example.com", name: "Same" } });
    const error = await errorOf(prisma.author.create({ data: { email: "e2@example.com", name: "SAME" } }));
    await prisma.$executeRawUnsafe('DROP INDEX "by name"');
    expect(error.code).toBe("P2002");
    const constraint = { sqlite: { index: "by name" }, turso: { fields: ['lower ("name")'] } }[dialect];
    expect(causeOf(error)).toMatchObject({ constraint });
  });

  test("a foreign key is P2003, on insert and on delete", async () => {
    expect((await errorOf(prisma.book.create({ data: { title: "x", authorId: -1 } }))).code).toBe("P2003");
    const { id } = await prisma.author.create({ data: { email: "fk@example.com", books: { create: { title: "x" } } } });
    const error = await errorOf(prisma.author.delete({ where: { id } }));
    expect(error.code).toBe("P2003");
    expect(causeOf(error)).toMatchObject({ kind: "ForeignKeyConstraintViolation", constraint: { foreignKey: {} } });
  });

  test("a column that must not be null is P2011 with its name, as raw SQL P2010", async () => {
    const error = await errorOf(prisma.$executeRawUnsafe('INSERT INTO "Author" ("email") VALUES (NULL)'));
    expect(error.code).toBe("P2010");
    expect(causeOf(error)).toMatchObject({ kind: "NullConstraintViolation", constraint: { fields: ["email"] } });
  });

  test("a CHECK keeps SQLite's own words", async () => {
    const { id } = await prisma.author.create({ data: { email: "check@example.com" } });
    const error = await errorOf(prisma.book.create({ data: { title: "x", pages: -1, authorId: id } }));
    expect(error.code).toBe("P2039");
    expect(causeOf(error)).toMatchObject({
      kind: "sqlite",
      message: expect.stringContaining("CHECK constraint failed"),
    });
  });

  test("a trigger that refuses is not taken for a foreign key", async () => {
    await prisma.$executeRawUnsafe(
      `CREATE TRIGGER "no" BEFORE INSERT ON "Tag" WHEN NEW."name" = 'no' BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    );
    const error = await errorOf(prisma.tag.create({ data: { name: "no" } }));
    expect(error.code).toBe("P2039");
    expect(causeOf(error)).toMatchObject({ kind: "sqlite", message: expect.stringContaining("not this one") });
  });

  test("a missing row is P2025", async () => {
    expect((await errorOf(prisma.author.update({ where: { id: -1 }, data: { name: "x" } }))).code).toBe("P2025");
    expect((await errorOf(prisma.author.findUniqueOrThrow({ where: { id: -1 } }))).code).toBe("P2025");
  });

  test("a missing table is P2021 and a missing column P2022, each with its name", async () => {
    const empty = await newPrismaClient(new PrismaLitefleet(database.config));
    try {
      await empty.$executeRawUnsafe('ALTER TABLE "Mark" RENAME COLUMN "text" TO "words"');
      const column = await errorOf(empty.mark.findMany());
      expect(column.code).toBe("P2022");
      expect(causeOf(column)).toMatchObject({ column: expect.stringMatching(/\btext$/) });
      await empty.$executeRawUnsafe('DROP TABLE "Mark"');
      const table = await errorOf(empty.mark.findMany());
      expect(table.code).toBe("P2021");
      expect(causeOf(table)).toMatchObject({ table: expect.stringMatching(/\bMark$/i) });
    } finally {
      await empty.$disconnect();
    }
  });

  test("SQL that does not parse, and two queries in one, are P2010", async () => {
    expect((await errorOf(prisma.$queryRawUnsafe("SELEC 1"))).code).toBe("P2010");
    expect((await errorOf(prisma.$queryRawUnsafe("SELECT 1; SELECT 2"))).code).toBe("P2010");
    expect((await errorOf(prisma.$queryRawUnsafe("SELECT ?"))).code).toBe("P2010");
  });

  test("a closed client is P1017", async () => {
    const client = createClient(database.config);
    const other = await newPrismaClient(new PrismaLitefleet(client));
    expect(await other.author.count({ where: { id: -1 } })).toBe(0);
    client.close();
    expect((await errorOf(other.author.count())).code).toBe("P1017");
    await other.$disconnect();
  });
});
