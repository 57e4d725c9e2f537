import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { engines, enginesAndMemory } from "./support/databases.ts";
import type { OpenedDatabase } from "./support/databases.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";
import type { PrismaError, TestClient } from "./support/prisma-client.ts";

/** All that a program sees of an error, but its message. */
function seen({ code, meta }: PrismaError): object {
  const { driverAdapterError, ...rest } = meta ?? {};
  return { code, ...rest, cause: driverAdapterError?.cause };
}

describe.each(enginesAndMemory)("what an error tells on $name", ({ open }) => {
  let opened: OpenedDatabase;
  let prisma: TestClient;

  beforeAll(async () => {
    opened = await open();
    prisma = await newPrismaClient(new PrismaLitefleet(opened.database));
  });

  afterAll(async () => {
    await prisma.$disconnect();
    await opened[Symbol.asyncDispose]();
  });

  test("P2002 of a unique index", async () => {
    await prisma.author.create({ data: { email: "twice@example.com" } });
    expect(seen(await errorOf(prisma.author.create({ data: { email: "twice@example.com" } })))).toEqual({
      code: "P2002",
      modelName: "Author",
      cause: {
        kind: "UniqueConstraintViolation",
        constraint: { fields: ["email"] },
        table: "Author",
        originalCode: "2067",
        originalMessage: "UNIQUE constraint failed: Author.email",
      },
    });
  });

  test("P2002 of a primary key of two columns, in a transaction", async () => {
    const data = { row: 1, col: 2 };
    await prisma.cell.create({ data });
    const again = prisma.$transaction(async (tx) => tx.cell.create({ data }));
    expect(seen(await errorOf(again))).toEqual({
      code: "P2002",
      modelName: "Cell",
      cause: {
        kind: "UniqueConstraintViolation",
        constraint: { fields: ["row", "col"] },
        table: "Cell",
        originalCode: "1555",
        originalMessage: "UNIQUE constraint failed: Cell.row, Cell.col",
      },
    });
  });

  test("P2003, by a child without its parent, new or moved, and by a parent with its children", async () => {
    const cause = {
      kind: "ForeignKeyConstraintViolation",
      constraint: { foreignKey: {} },
      originalCode: "787",
      originalMessage: "FOREIGN KEY constraint failed",
    };
    const orphan = await errorOf(prisma.book.create({ data: { title: "x", authorId: -1 } }));
    expect(seen(orphan)).toEqual({ code: "P2003", modelName: "Book", cause });
    const { id } = await prisma.author.create({ data: { email: "fk@example.com", books: { create: { title: "x" } } } });
    const moved = prisma.book.updateMany({ where: { authorId: id }, data: { authorId: -1 } });
    expect(seen(await errorOf(moved))).toEqual({ code: "P2003", modelName: "Book", cause });
    expect(seen(await errorOf(prisma.author.delete({ where: { id } })))).toEqual({
      code: "P2003",
      modelName: "Author",
      cause,
    });
  });

  test("P2011, of a column that Prisma does not know to be NOT NULL", async () => {
    await prisma.$executeRawUnsafe('ALTER TABLE "Sample" RENAME TO "Before"');
    await prisma.$executeRawUnsafe(
      'CREATE TABLE "Sample" ("id" INTEGER PRIMARY KEY, "int" INTEGER NOT NULL, "big", "real", "decimal", "exact", "flag", ' +
        '"at", "made" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "json", "bytes", "color")',
    );
    expect(seen(await errorOf(prisma.sample.create({ data: { id: 1 } })))).toEqual({
      code: "P2011",
      modelName: "Sample",
      cause: {
        kind: "NullConstraintViolation",
        constraint: { fields: ["int"] },
        originalCode: "1299",
        originalMessage: "NOT NULL constraint failed: Sample.int",
      },
    });
  });

  test("P2025", async () => {
    expect(seen(await errorOf(prisma.author.update({ where: { id: -1 }, data: { name: "x" } })))).toEqual({
      code: "P2025",
      modelName: "Author",
      operation: "an update",
      cause: undefined,
    });
  });
});

describe.each(engines)("conflicts on $name", ({ open }) => {
  test("P2034, by a write on what has changed since it was read", async () => {
    await using database = await open();
    const prisma = await newPrismaClient(new PrismaLitefleet(database.config, { transactionMode: "deferred" }));
    const stale = prisma.$transaction(async (tx) => {
      await tx.tag.count();
      await prisma.tag.create({ data: { name: "meanwhile" } });
      await tx.tag.create({ data: { name: "stale" } });
    });
    expect(await errorOf(stale)).toMatchObject({
      code: "P2034",
      meta: { modelName: "Tag", driverAdapterError: { cause: { kind: "TransactionWriteConflict" } } },
    });
    await prisma.$disconnect();
  });
});

const isOwnLock = ({ name }: { name: string }): boolean => !/sqld|replica/u.test(name);

// A server decides itself how long one waits for its lock.
describe.each(enginesAndMemory.filter(isOwnLock))("waiting for a lock on $name", ({ open }) => {
  test("P1008, when another transaction is too long", async () => {
    await using opened = await open();
    const { database } = opened;
    await using client = "prepare" in database ? database : createClient(database);
    const impatient = "prepare" in database ? database : { ...database, timeout: 50 };
    const prisma = await newPrismaClient(new PrismaLitefleet(impatient));
    const holder = await client.transaction("write");
    await holder.execute(`INSERT INTO "Tag" VALUES ('held')`);
    expect(await errorOf(prisma.tag.create({ data: { name: "late" } }))).toMatchObject({
      code: "P1008",
      meta: { modelName: "Tag", driverAdapterError: { cause: { kind: "SocketTimeout" } } },
    });
    await holder.rollback();
    await prisma.$disconnect();
  });
});
