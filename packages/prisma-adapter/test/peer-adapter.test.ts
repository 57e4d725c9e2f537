import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { PrismaLibSql } from "@prisma/adapter-libsql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";
import type { TestClient } from "./support/prisma-client.ts";

/** The peer's adapter makes its client in this method, for who wants another one. */
class OverOurs extends PrismaLibSql {
  readonly made: Client[] = [];

  override createClient(config: Config): Client {
    const client = createClient(config);
    this.made.push(client);
    return client;
  }
}

// The peer's own client reaches these; Turso Database and replicas it does not.
const reachable = engines.filter(({ name }) => /libsql file|sqld/u.test(name));

describe.each(reachable)("@prisma/adapter-libsql over our client, on $name", ({ open }) => {
  let database: TestDatabase;
  let prisma: TestClient;

  beforeAll(async () => {
    database = await open();
    const { engine: _, ...config } = database.config;
    prisma = await newPrismaClient(new OverOurs(config as ConstructorParameters<typeof PrismaLibSql>[0]));
  });

  afterAll(async () => {
    await prisma.$disconnect();
    await database[Symbol.asyncDispose]();
  });

  test("reads and writes rows and relations", async () => {
    const author = await prisma.author.create({
      data: { email: "a@example.com", books: { create: [{ title: "One" }, { title: "Two", pages: 12 }] } },
    });
    const found = await prisma.author.findUniqueOrThrow({
      where: { id: author.id },
      include: { books: { orderBy: { id: "asc" } } },
    });
    expect(found.books?.map(({ title, pages }) => [title, pages])).toEqual([
      ["One", 0],
      ["Two", 12],
    ]);
    expect((await prisma.book.updateMany({ where: { pages: 0 }, data: { pages: 3 } })).count).toBe(1);
    expect(await prisma.$queryRawUnsafe("SELECT sum(pages) AS sum FROM Book")).toEqual([{ sum: 15 }]);
  });

  test("keeps values of every kind", async () => {
    const at = new Date("2026-11-21T08:30:00.000Z");
    const bytes = new Uint8Array([1, 2, 255]);
    const data = { id: 1, int: 7, big: 9_007_199_254_740_991n, real: 1.5, flag: true, at, bytes, color: "GREEN" };
    const { id } = await prisma.sample.create({ data });
    const {
      int,
      big,
      real,
      flag,
      at: readAt,
      bytes: readBytes,
      color,
    } = await prisma.sample.findUniqueOrThrow({
      where: { id },
    });
    expect({ id, int, big, real, flag, at: readAt, bytes: new Uint8Array(readBytes ?? []), color }).toEqual(data);
  });

  test("commits, rolls back, and runs a list of queries as one", async () => {
    const before = await prisma.author.count();
    await prisma.$transaction(async (tx) => tx.author.create({ data: { email: "kept@example.com" } }));
    const mine = new Error("mine");
    const failing = prisma.$transaction(async (tx) => {
      await tx.author.create({ data: { email: "lost@example.com" } });
      throw mine;
    });
    await expect(failing).rejects.toBe(mine);
    const listed = prisma.$transaction([
      prisma.author.create({ data: { email: "listed@example.com" } }),
      prisma.author.create({ data: { email: "kept@example.com" } }),
    ]);
    await expect(listed).rejects.toThrow();
    expect(await prisma.author.count()).toBe(before + 1);
  });

  test("closes with Prisma", async () => {
    const other = new OverOurs({ url: ":memory:" });
    const client = await newPrismaClient(other);
    expect(await client.$queryRawUnsafe("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await client.$disconnect();
    expect(other.made.map(({ closed }) => closed)).toEqual([true]);
  });

  test("reports a violated constraint to the caller", async () => {
    await prisma.author.create({ data: { email: "once@example.com" } });
    const error = await errorOf(prisma.author.create({ data: { email: "once@example.com" } }));
    expect(error.code).toMatch(/^P2/u);
  });
});
