import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createClient } from "@litefleet/driver";
import { PrismaLitefleet } from "@litefleet/prisma-adapter";
import { engines } from "./support/databases.ts";
import type { TestDatabase } from "./support/databases.ts";
import { errorOf, newPrismaClient } from "./support/prisma-client.ts";
import type { TestClient } from "./support/prisma-client.ts";

describe.each(engines)("transactions on $name", ({ dialect, open }) => {
  let database: TestDatabase;
  let prisma: TestClient;

  beforeAll(async () => {
    database = await open();
    prisma = await newPrismaClient(new PrismaLitefleet(database.config));
  });

  beforeEach(() => prisma.tag.deleteMany());

  afterAll(async () => {
    await prisma.$disconnect();
    await database[Symbol.asyncDispose]();
  });

  const add = (client: TestClient, name: string) => client.tag.create({ data: { name } });
  const names = async () => (await prisma.tag.findMany({ orderBy: { name: "asc" } })).map((tag) => tag.name);

  test("commits what its callback did, and sees it before", async () => {
    const seen = await prisma.$transaction(async (tx) => {
      await add(tx, "a");
      await add(tx, "b");
      return tx.tag.count();
    });
    expect(seen).toBe(2);
    expect(await names()).toEqual(["a", "b"]);
  });

  test("rolls back and passes on the error that its callback threw", async () => {
    const reason = new Error("changed my mind");
    const error = await errorOf(
      prisma.$transaction(async (tx) => {
        await add(tx, "a");
        throw reason;
      }),
    );
    expect(error).toBe(reason);
    expect(await names()).toEqual([]);
  });

  test("rolls back a list of queries when one fails", async () => {
    await add(prisma, "taken");
    const error = await errorOf(prisma.$transaction([add(prisma, "a"), add(prisma, "taken"), add(prisma, "b")]));
    expect(error.code).toBe("P2002");
    expect(await names()).toEqual(["taken"]);
    await prisma.$transaction([add(prisma, "a"), add(prisma, "b")], { isolationLevel: "Serializable" });
    expect(await names()).toEqual(["a", "b", "taken"]);
  });

  test("rolls back a nested write that fails at its end", async () => {
    const books = { create: [{ title: "fine" }, { title: "negative", pages: -1 }] };
    const error = await errorOf(prisma.author.create({ data: { email: "half@example.com", books } }));
    expect(error.code).toBe("P2039");
    expect(await prisma.author.count({ where: { email: "half@example.com" } })).toBe(0);
  });

  test("goes on after a statement that failed inside it", async () => {
    await add(prisma, "taken");
    await prisma.$transaction(async (tx) => {
      await add(tx, "a");
      expect((await errorOf(add(tx, "taken"))).code).toBe("P2002");
      await add(tx, "b");
    });
    expect(await names()).toEqual(["a", "b", "taken"]);
  });

  test("rolls back a nested transaction alone, and commits it with the one around it", async () => {
    await prisma.$transaction(async (tx) => {
      await add(tx, "outer");
      await tx.$transaction(async (inner) => {
        await add(inner, "kept");
        await errorOf(
          inner.$transaction(async (innermost) => {
            await add(innermost, "undone");
            throw new Error("only this one");
          }),
        );
      });
      await errorOf(
        tx.$transaction(async (inner) => {
          await add(inner, "undone too");
          throw new Error("only this one");
        }),
      );
      await add(tx, "after");
    });
    expect(await names()).toEqual(["after", "kept", "outer"]);
  });

  test("rolls back everything when the transaction around a finished nested one fails", async () => {
    await errorOf(
      prisma.$transaction(async (tx) => {
        await tx.$transaction((inner) => add(inner, "inner"));
        throw new Error("all of it");
      }),
    );
    expect(await names()).toEqual([]);
  });

  test("ten at once, which in turn need longer than Prisma waits for a start", async () => {
    const work = (i: number) =>
      prisma.$transaction(
        async (tx) => {
          const before = await tx.tag.count();
          await add(tx, `t${i}`);
          await sleep(40);
          expect(await tx.tag.count()).toBe(before + 1);
        },
        { maxWait: 200 },
      );
    await Promise.all(Array.from({ length: 10 }, (_, i) => work(i)));
    expect(await names()).toHaveLength(10);
  });

  test("reads outside do not wait for one that is open, and do not see it", async () => {
    await prisma.$transaction(async (tx) => {
      await add(tx, "inside");
      expect(await names()).toEqual([]);
    });
    expect(await names()).toEqual(["inside"]);
  });

  test("lost updates do not happen: each reads what the one before wrote", async () => {
    const { id } = await prisma.author.create({
      data: { email: "counter@example.com", books: { create: { title: "c" } } },
    });
    const { id: bookId } = (await prisma.book.findMany({ where: { authorId: id } }))[0]!;
    const increment = () =>
      prisma.$transaction(async (tx) => {
        const { pages } = await tx.book.findUniqueOrThrow({ where: { id: bookId } });
        await sleep(1);
        await tx.book.update({ where: { id: bookId }, data: { pages: pages + 1 } });
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await prisma.book.findUniqueOrThrow({ where: { id: bookId } })).toMatchObject({ pages: 20 });
  });

  test("one that runs out of time while it waits for its turn gives its place up", async () => {
    const holder = prisma.$transaction(async (tx) => {
      await add(tx, "holder");
      const waiting = errorOf(prisma.$transaction((late) => add(late, "late"), { timeout: 50 }));
      expect((await waiting).code).toMatch(/^P(1008|2028)$/);
    });
    await holder;
    await add(prisma, "next");
    expect(await names()).toEqual(["holder", "next"]);
  });

  test("one that runs out of time is rolled back", async () => {
    const error = await errorOf(
      prisma.$transaction(
        async (tx) => {
          await add(tx, "slow");
          await sleep(200);
          await add(tx, "too late");
        },
        { timeout: 100 },
      ),
    );
    expect(error.code).toBe("P2028");
    expect(await names()).toEqual([]);
  });

  test("one that runs nothing takes no turn", async () => {
    await prisma.$transaction(async (tx) => {
      await add(tx, "writer");
      await prisma.$transaction(async () => {});
    });
    expect(await names()).toEqual(["writer"]);
  });

  test("deferred: readers inside transactions do not wait; who writes on what has changed since gets P2034", async () => {
    const deferred = await newPrismaClient(new PrismaLitefleet(database.config, { transactionMode: "deferred" }));
    try {
      await prisma.$transaction(async (tx) => {
        await add(tx, "writer");
        expect(await deferred.$transaction([deferred.tag.count(), deferred.tag.findMany()])).toEqual([0, []]);
      });
      const stale = await errorOf(
        deferred.$transaction(async (tx) => {
          await tx.tag.count();
          await add(prisma, "meanwhile");
          await add(tx, "stale");
        }),
      );
      expect(stale.code).toBe("P2034");
      expect(await names()).toEqual(["meanwhile", "writer"]);
    } finally {
      await deferred.$disconnect();
    }
  });

  test.each(["ReadUncommitted", "ReadCommitted", "RepeatableRead"])(
    "isolation level %s is refused",
    async (isolationLevel) => {
      const error = await errorOf(prisma.$transaction((tx) => add(tx, "a"), { isolationLevel }));
      expect(error.code).toBe("P2023");
      expect(await names()).toEqual([]);
    },
  );

  test("a foreign key that is checked at the end fails the commit, and nothing stays open", async () => {
    const error = await errorOf(
      prisma.$transaction(async (tx) => {
        await tx.$executeRawUnsafe("PRAGMA defer_foreign_keys = ON");
        await tx.$executeRawUnsafe(`INSERT INTO "Book" ("title", "authorId") VALUES ('orphan', -5)`);
      }),
    );
    // Turso checks every foreign key at once: there the statement itself is refused.
    expect(error.code).toBe({ sqlite: "P2003", turso: "P2010" }[dialect]);
    await add(prisma, "after");
    expect(await prisma.book.count({ where: { authorId: -5 } })).toBe(0);
  });
});

describe.each(engines.filter((engine) => engine.lockTimeout === "client"))("locks on $name", ({ open }) => {
  test("a writer of another client is waited for as long as the timeout says, then P1008", async () => {
    await using database = await open();
    await using client = createClient(database.config);
    const patient = await newPrismaClient(new PrismaLitefleet(database.config));
    const impatient = await newPrismaClient(new PrismaLitefleet({ ...database.config, timeout: 50 }));
    const add = (prisma: TestClient, name: string) => prisma.tag.create({ data: { name } });
    const holder = await client.transaction("write");
    await holder.execute(`INSERT INTO "Tag" VALUES ('held')`);
    // A query of Prisma starts when it is awaited.
    const waiting = add(patient, "patient").then(() => "done");
    expect((await errorOf(add(impatient, "impatient"))).code).toBe("P1008");
    const interactive = impatient.$transaction((tx) => add(tx, "impatient"));
    expect((await errorOf(interactive)).code).toBe("P1008");
    await holder.commit();
    expect(await waiting).toBe("done");
    expect(await patient.tag.count()).toBe(2);
    await patient.$disconnect();
    await impatient.$disconnect();
  });
});

describe.each(engines.filter((engine) => engine.name === "sqld over http"))("locks on $name", ({ open }) => {
  test(
    "a transaction that the server ended, for it held the others up, says so at its commit",
    { timeout: 30_000 },
    async () => {
      await using database = await open();
      const [holder, other] = [
        await newPrismaClient(new PrismaLitefleet(database.config)),
        await newPrismaClient(new PrismaLitefleet(database.config)),
      ];
      const error = await errorOf(
        holder.$transaction(
          async (tx) => {
            await tx.tag.create({ data: { name: "holder" } });
            await other.tag.create({ data: { name: "other" } });
          },
          { timeout: 20_000 },
        ),
      );
      expect(error.code).toBe("P1018");
      expect(await other.tag.findMany()).toEqual([{ name: "other" }]);
      await holder.$disconnect();
      await other.$disconnect();
    },
  );
});

test("ten of 300 ms at once need more than Prisma's two seconds for the last to begin, and pass", async () => {
  await using database = await engines[0]!.open();
  const prisma = await newPrismaClient(new PrismaLitefleet(database.config));
  const work = (i: number) =>
    prisma.$transaction(
      async (tx) => {
        await tx.tag.create({ data: { name: `t${i}` } });
        await sleep(300);
        return tx.tag.count();
      },
      // Prisma's `maxWait` is left as it is; a busy machine may need longer than its `timeout`.
      { timeout: 25_000 },
    );
  const counts = await Promise.all(Array.from({ length: 10 }, (_, i) => work(i)));
  expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await prisma.$disconnect();
});

describe("concurrent transactions", () => {
  const turso = engines.find((engine) => engine.dialect === "turso")!;

  test("write beside each other; two that touch the same row end in P2034 for one of them", async () => {
    await using database = await turso.open();
    const prisma = await newPrismaClient(new PrismaLitefleet(database.config, { transactionMode: "concurrent" }));
    await prisma.author.createMany({ data: [{ email: "a" }, { email: "b" }] });
    const rename = (client: TestClient, email: string, name: string) =>
      client.author.update({ where: { email }, data: { name } });
    await prisma.$transaction(async (tx) => {
      await rename(tx, "a", "outer");
      await prisma.$transaction((inner) => rename(inner, "b", "inner"));
    });
    expect((await prisma.author.findMany({ orderBy: { email: "asc" } })).map(({ name }) => name)).toEqual([
      "outer",
      "inner",
    ]);

    const conflict = await errorOf(
      prisma.$transaction(async (tx) => {
        await rename(tx, "a", "late");
        await prisma.$transaction((inner) => rename(inner, "a", "early"));
      }),
    );
    expect(conflict.code).toBe("P2034");
    await prisma.$disconnect();
  });

  test("one that asks for Serializable takes its turn", async () => {
    await using database = await turso.open();
    const prisma = await newPrismaClient(new PrismaLitefleet(database.config, { transactionMode: "concurrent" }));
    const { id } = await prisma.author.create({ data: { email: "a", books: { create: { title: "t" } } } });
    const increment = () =>
      prisma.$transaction(
        async (tx) => {
          const [book] = await tx.book.findMany({ where: { authorId: id } });
          await sleep(1);
          await tx.book.update({ where: { id: book!.id }, data: { pages: book!.pages + 1 } });
        },
        { isolationLevel: "Serializable" },
      );
    await Promise.all(Array.from({ length: 10 }, increment));
    expect(await prisma.book.findMany()).toMatchObject([{ pages: 10 }]);
    await prisma.$disconnect();
  });
});
