import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withConcurrentTransactions } from "@litefleet/prisma-adapter";
import type { ConcurrentTransactionOptions } from "@litefleet/prisma-adapter";
import { engines, makeTables } from "../support/databases.ts";
import type { TestDatabase } from "../support/databases.ts";
import { extend, newExtended } from "../support/extend.ts";
import { errorOf } from "../support/prisma-client.ts";
import type { TestClient } from "../support/prisma-client.ts";

/** The client as the extension makes it. */
interface Extended extends TestClient {
  $transaction<T>(work: (tx: Extended) => Promise<T>, options?: ConcurrentTransactionOptions): Promise<T>;
  $transaction(queries: readonly Promise<unknown>[], options?: ConcurrentTransactionOptions): Promise<unknown[]>;
}

const memory = {
  name: "in memory",
  dialect: "sqlite",
  open: async (): Promise<TestDatabase> => ({ config: { url: ":memory:" }, [Symbol.asyncDispose]: async () => {} }),
} as const;

describe.each([...engines, memory])("withConcurrentTransactions on $name", ({ name, dialect, open }) => {
  let database: TestDatabase;
  let client: Client;
  let prisma: Extended;
  let id: number;

  beforeAll(async () => {
    database = await open();
    client = createClient({ ...database.config, timeout: 5000 });
    if (name === memory.name) await makeTables(client);
    prisma = await newExtended<Extended>(client, withConcurrentTransactions());
    await prisma.author.create({ data: { email: "counter@example.com", books: { create: { title: "c" } } } });
    id = (await prisma.book.findMany())[0]!.id;
  });

  afterAll(async () => {
    await prisma.$disconnect();
    client.close();
    await database[Symbol.asyncDispose]();
  });

  const setPages = (pages: number) => prisma.book.update({ where: { id }, data: { pages } });
  const pages = async () => (await prisma.book.findUniqueOrThrow({ where: { id } })).pages;
  const isMvcc = dialect === "turso";

  test("transactions that read and write the same row are all done, one after the other or anew", async () => {
    await setPages(0);
    let runs = 0;
    let retries = 0;
    const increment = () =>
      prisma.$transaction(
        async (tx) => {
          runs += 1;
          const book = await tx.book.findUniqueOrThrow({ where: { id } });
          await sleep(2);
          await tx.book.update({ where: { id }, data: { pages: book.pages + 1 } });
        },
        { onRetry: () => (retries += 1) },
      );
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await pages()).toBe(20);
    expect(runs).toBe(20 + retries);
    expect(retries > 0).toBe(isMvcc);
  });

  test("lists of queries, too, are run anew as a whole", async () => {
    await setPages(0);
    let retries = 0;
    const add = () => prisma.book.update({ where: { id }, data: { pages: { increment: 1 } } });
    const twice = () => prisma.$transaction([add(), prisma.book.count(), add()], { onRetry: () => (retries += 1) });
    const results = await Promise.all(Array.from({ length: 20 }, twice));
    expect(await pages()).toBe(40);
    expect(results.every(([, count]) => count === 1)).toBe(true);
    expect(retries > 0).toBe(isMvcc);
  });

  test("a list may hold raw queries, at its start, at its end, or alone", async () => {
    await setPages(3);
    const read = () => prisma.$queryRawUnsafe(`SELECT max("pages") AS p FROM "Book"`);
    const write = () => prisma.$executeRawUnsafe(`UPDATE "Book" SET "pages" = "pages" + 1`);
    const add = () => prisma.book.update({ where: { id }, data: { pages: { increment: 1 } } });
    expect(await prisma.$transaction([write(), add(), read()])).toMatchObject([1, { pages: 5 }, [{ p: 5 }]]);
    expect(await prisma.$transaction([add(), write(), read()])).toMatchObject([{ pages: 6 }, 1, [{ p: 7 }]]);
    expect(await prisma.$transaction([write(), read()])).toMatchObject([1, [{ p: 8 }]]);
    expect(await prisma.$transaction([add()])).toMatchObject([{ pages: 9 }]);
    expect(await prisma.$transaction([])).toEqual([]);
    expect(await pages()).toBe(9);
  });

  test("an error that is no conflict ends it at the first time, is the same, and nothing stays", async () => {
    await setPages(0);
    let runs = 0;
    const reason = new Error("changed my mind");
    const failing = (cause: (tx: Extended) => Promise<unknown>) =>
      errorOf(
        prisma.$transaction(async (tx) => {
          runs += 1;
          await tx.book.update({ where: { id }, data: { pages: 7 } });
          await cause(tx);
        }),
      );
    expect(await failing(() => Promise.reject(reason))).toBe(reason);
    const unique = await failing((tx) => tx.author.create({ data: { email: "counter@example.com" } }));
    expect(unique.code).toBe("P2002");
    const list = await errorOf(
      prisma.$transaction([
        prisma.book.update({ where: { id }, data: { pages: 8 } }),
        prisma.author.create({ data: { email: "counter@example.com" } }),
      ]),
    );
    expect(list.code).toBe("P2002");
    expect(runs).toBe(2);
    expect(await pages()).toBe(0);
  });

  test("nested transactions are savepoints; the client in it has what other extensions add", async () => {
    await setPages(0);
    const titled = extend<Extended & { titles(this: object): Promise<string[]> }>(prisma, (inner) =>
      extend<object>(inner, {
        client: {
          async titles(this: TestClient) {
            return (await this.book.findMany()).map((book) => `${book.title} ${book.pages}`);
          },
        },
      } as never),
    );
    const titles = await titled.$transaction(async (tx) => {
      await tx.book.update({ where: { id }, data: { pages: 1 } });
      const undone = tx.$transaction(async (nested) => {
        await nested.book.update({ where: { id }, data: { pages: 2 } });
        throw new Error("only this one");
      });
      await errorOf(undone);
      return (tx as typeof titled).titles();
    });
    expect(titles).toEqual(["c 1"]);
    expect(await pages()).toBe(1);
  });

  test("an attempt that runs out of Prisma's time is rolled back, gives its turn up, and is not retried", async () => {
    await setPages(0);
    let runs = 0;
    const error = await errorOf(
      prisma.$transaction(
        async (tx) => {
          runs += 1;
          await tx.book.update({ where: { id }, data: { pages: 5 } });
          await sleep(400);
          await tx.book.update({ where: { id }, data: { pages: 6 } });
        },
        { timeout: 150 },
      ),
    );
    expect(error.code).toBe("P2028");
    expect(runs).toBe(1);
    await setPages(1);
    expect(await pages()).toBe(1);
  });

  test("all attempts together end with timeoutMs, or with the signal", async () => {
    await setPages(0);
    const slow = (options: ConcurrentTransactionOptions) =>
      errorOf(
        prisma.$transaction(async (tx) => {
          await tx.book.update({ where: { id }, data: { pages: 5 } });
          await sleep(300);
        }, options),
      );
    expect((await slow({ timeoutMs: 100 })).code).toBe("P1008");
    expect((await slow({ signal: AbortSignal.timeout(100) })).code).toBe("ABORTED");
    expect(await pages()).toBe(0);
  });

  test("options that cannot be are refused before anything runs", async () => {
    let runs = 0;
    const work = async () => (runs += 1);
    await expect(prisma.$transaction(work, { maxRetries: -1 })).rejects.toBeInstanceOf(RangeError);
    // @ts-expect-error not a number
    await expect(prisma.$transaction(work, { timeoutMs: "1s" })).rejects.toBeInstanceOf(TypeError);
    expect(runs).toBe(0);
  });
});

describe("conflicts", () => {
  const turso = engines.find((engine) => engine.dialect === "turso")!;

  test.each([
    { maxRetries: 0, runs: 1 },
    { maxRetries: 2, runs: 3 },
  ])("that do not end are P2034 after $maxRetries retries", async ({ maxRetries, runs }) => {
    await using database = await turso.open();
    const prisma = await newExtended<Extended>(database.config, withConcurrentTransactions({ maxRetries }));
    await prisma.author.create({ data: { email: "a" } });
    let count = 0;
    const error = await errorOf(
      prisma.$transaction(async (tx) => {
        count += 1;
        await tx.author.findMany();
        await prisma.author.update({ where: { email: "a" }, data: { name: `other ${count}` } });
        await tx.author.update({ where: { email: "a" }, data: { name: "mine" } });
      }),
    );
    expect([error.code, count]).toEqual(["P2034", runs]);
    expect(await prisma.author.findMany()).toMatchObject([{ name: `other ${runs}` }]);
    await prisma.$disconnect();
  });

  test("Serializable takes its turn, and meets none", async () => {
    await using database = await turso.open();
    const prisma = await newExtended<Extended>(database.config, withConcurrentTransactions({ maxRetries: 0 }));
    await prisma.author.create({ data: { email: "a", name: "0" } });
    const increment = () =>
      prisma.$transaction(
        async (tx) => {
          const { name } = (await tx.author.findMany())[0]!;
          await sleep(1);
          await tx.author.update({ where: { email: "a" }, data: { name: String(Number(name) + 1) } });
        },
        { isolationLevel: "Serializable" },
      );
    await Promise.all(Array.from({ length: 10 }, increment));
    expect(await prisma.author.findMany()).toMatchObject([{ name: "10" }]);
    await prisma.$disconnect();
  });
});

test("a lock of another client is waited for as long as timeoutMs says, then P1008", async () => {
  await using database = await engines.find(({ name }) => name === "libsql file")!.open();
  await using other = createClient(database.config);
  const prisma = await newExtended<Extended>({ ...database.config, timeout: 20 }, withConcurrentTransactions());
  const add = (name: string, options?: ConcurrentTransactionOptions) =>
    prisma.$transaction((tx) => tx.tag.create({ data: { name } }), options);
  const holder = await other.transaction("write");
  await holder.execute(`INSERT INTO "Tag" VALUES ('holder')`);
  const waiting = add("waiting");
  expect((await errorOf(add("never", { timeoutMs: 100 }))).code).toBe("P1008");
  await holder.commit();
  expect(await waiting).toEqual({ name: "waiting" });
  expect(await prisma.tag.count()).toBe(2);
  await prisma.$disconnect();
});

test("a COMMIT whose answer was lost is P1017, and not done again", async () => {
  await using server = await startSqld();
  await using proxy = await startFaultProxy({ target: server.url });
  await using direct = createClient(server.clientConfig());
  await makeTables(direct);
  const prisma = await newExtended<Extended>(
    { ...server.clientConfig(), url: proxy.url },
    withConcurrentTransactions(),
  );
  let runs = 0;
  const error = await errorOf(
    prisma.$transaction(async (tx) => {
      runs += 1;
      await tx.tag.create({ data: { name: `run ${runs}` } });
      proxy.cutAfter({ direction: "response", bytes: 20 });
    }),
  );
  expect([error.code, runs]).toEqual(["P1017", 1]);
  const { rows } = await direct.execute(`SELECT name FROM "Tag"`);
  expect(rows.map((row) => row["name"])).toEqual(["run 1"]);
  await prisma.$disconnect();
});
