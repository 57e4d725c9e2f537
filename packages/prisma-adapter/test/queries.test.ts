import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { engines } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { newPrismaClient } from "./support/prisma-client.ts";
import type { TestClient } from "./support/prisma-client.ts";

describe.each(engines)("queries on $name", ({ open }) => {
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

  test("creates, reads, updates and deletes a row", async () => {
    const created = await prisma.author.create({ data: { email: "crud@example.com", name: "First" } });
    expect(created).toEqual({ id: expect.any(Number), email: "crud@example.com", name: "First" });
    const where = { id: created.id };
    expect(await prisma.author.findUnique({ where })).toEqual(created);
    expect(await prisma.author.update({ where, data: { name: null } })).toEqual({ ...created, name: null });
    expect(await prisma.author.delete({ where })).toEqual({ ...created, name: null });
    expect(await prisma.author.findUnique({ where })).toBeNull();
  });

  test("writes a relation with its parent and reads it back by include", async () => {
    const author = await prisma.author.create({
      data: {
        email: "nested@example.com",
        books: {
          create: [
            { title: "One", tags: { create: [{ name: "new" }, { name: "old" }] } },
            { title: "Two", pages: 12 },
          ],
        },
      },
    });
    const read = await prisma.author.findUniqueOrThrow({
      where: { id: author.id },
      include: { books: { orderBy: { title: "asc" }, include: { tags: { orderBy: { name: "asc" } } } } },
    });
    expect(read.books?.map((book) => [book.title, book.pages, book.tags?.map((tag) => tag.name)])).toEqual([
      ["One", 0, ["new", "old"]],
      ["Two", 12, []],
    ]);
    const filtered = await prisma.book.findMany({
      where: { authorId: author.id, tags: { some: { name: "old" } } },
      include: { author: true },
    });
    expect(filtered).toMatchObject([{ title: "One", author: { email: "nested@example.com" } }]);
  });

  test("connects, disconnects and upserts", async () => {
    const data = { email: "upsert@example.com", name: "made" };
    const upsert = () =>
      prisma.author.upsert({ where: { email: data.email }, create: data, update: { name: "changed" } });
    expect(await upsert()).toMatchObject({ name: "made" });
    const { id } = await upsert();
    expect(await prisma.author.findMany({ where: { email: data.email } })).toEqual([
      { id, email: data.email, name: "changed" },
    ]);
    const book = await prisma.book.create({
      data: {
        title: "Tagged",
        author: { connect: { id } },
        tags: { connectOrCreate: { where: { name: "t" }, create: { name: "t" } } },
      },
      include: { tags: true },
    });
    expect(book.tags).toEqual([{ name: "t" }]);
    const without = await prisma.book.update({
      where: { id: book.id },
      data: { tags: { disconnect: { name: "t" } } },
      include: { tags: true },
    });
    expect(without.tags).toEqual([]);
  });

  test("counts the rows that createMany, updateMany and deleteMany change", async () => {
    const emails = ["m1@example.com", "m2@example.com", "m3@example.com"];
    const where = { email: { in: emails } };
    expect(await prisma.author.createMany({ data: emails.map((email) => ({ email })) })).toEqual({ count: 3 });
    expect(await prisma.author.updateMany({ where, data: { name: "all" } })).toEqual({ count: 3 });
    expect(await prisma.author.count({ where: { ...where, name: "all" } })).toBe(3);
    expect(await prisma.author.deleteMany({ where })).toEqual({ count: 3 });
  });

  test("gives the rows that createManyAndReturn made, with their ids", async () => {
    const rows = await prisma.author.createManyAndReturn({
      data: [{ email: "r1@example.com" }, { email: "r2@example.com" }],
    });
    expect(rows.map((row) => row.email).toSorted()).toEqual(["r1@example.com", "r2@example.com"]);
    expect(new Set(rows.map((row) => row.id)).size).toBe(2);
  });

  test("divides an Int as integers, as the column holds them", async () => {
    const author = await prisma.author.create({ data: { email: "divide@example.com" } });
    const { id } = await prisma.book.create({ data: { title: "Half", pages: 5, authorId: author.id } });
    expect(await prisma.book.update({ where: { id }, data: { pages: { divide: 2 } } })).toMatchObject({ pages: 2 });
    const stored = await prisma.$queryRawUnsafe('SELECT typeof("pages") AS kind FROM "Book" WHERE "id" = ?', id);
    expect(stored).toEqual([{ kind: "integer" }]);
  });

  test("takes more values in one query than 999, and more than the engine's limit in several", async () => {
    const cells = Array.from({ length: 20_000 }, (_, i) => ({ row: Math.floor(i / 200), col: i % 200 }));
    expect(await prisma.cell.createMany({ data: cells })).toEqual({ count: 20_000 });
    const columns = Array.from({ length: 40_000 }, (_, i) => i);
    expect(await prisma.cell.count({ where: { col: { in: columns.slice(0, 2000) } } })).toBe(20_000);
    expect(await prisma.cell.findMany({ where: { col: { in: columns.slice(0, 30_000) } } })).toHaveLength(20_000);
    expect(await prisma.cell.findMany({ where: { row: { in: columns } } })).toHaveLength(20_000);
  });

  test("follows a relation of two columns from thousands of rows", async () => {
    const corners = Array.from({ length: 3000 }, (_, i) => ({ row: 1000 + i, col: i }));
    await prisma.cell.createMany({ data: corners });
    await prisma.mark.createMany({ data: corners.map(({ row, col }) => ({ id: row, row, col, text: `${row}` })) });
    const cells = await prisma.cell.findMany({ where: { row: { gte: 1000 } }, include: { marks: true } });
    expect(cells).toHaveLength(3000);
    expect(cells.every((cell) => cell.marks?.length === 1)).toBe(true);
  });

  test("runs raw statements, and all of several", async () => {
    await prisma.author.create({ data: { email: "raw@example.com" } });
    expect(
      await prisma.$executeRawUnsafe('UPDATE "Author" SET "name" = ? WHERE "email" = ?', "r", "raw@example.com"),
    ).toBe(1);
    await prisma.$executeRawUnsafe(`INSERT INTO "Tag" VALUES ('s;1'); INSERT INTO "Tag" VALUES ('s2'); -- done`);
    expect(await prisma.tag.count({ where: { name: { startsWith: "s" } } })).toBe(2);
    const inserted = await prisma.$queryRawUnsafe(
      'INSERT INTO "Tag" VALUES (?) RETURNING "name" AS "name"',
      "returned",
    );
    expect(inserted).toEqual([{ name: "returned" }]);
  });
});
