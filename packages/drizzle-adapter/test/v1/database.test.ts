import { LitefleetBatchError } from "@litefleet/driver";
import { driverError, drizzle, LitefleetDatabase } from "@litefleet/drizzle-adapter/v1";
import { count, DrizzleQueryError, eq, is, type Logger, sql, TransactionRollbackError } from "drizzle-orm-v1";
import { Cache } from "drizzle-orm-v1/cache/core";
import { withReplicas } from "drizzle-orm-v1/sqlite-core/async";
import { describe, expect, test } from "vitest";
import { onEachDatabase } from "./databases.ts";
import { ddl, kinds, posts, relations, users } from "./schema.ts";

const full = {
  id: 1,
  flag: true,
  seconds: new Date("2026-02-03T04:05:06Z"),
  milliseconds: new Date("2026-02-03T04:05:06.789Z"),
  ratio: 0.1,
  price: "12.5",
  list: ["a", "ü"],
  bytes: Buffer.from([0, 1, 255]),
  document: { tags: ["x", "é"] },
  large: 2n ** 70n,
  userId: 1,
};

onEachDatabase((current) => {
  test("insert, select, update and delete answer with typed rows", async () => {
    const { db } = current();
    const [ada] = await db.insert(users).values({ name: "Ada", email: "ada@example.org" }).returning();
    expect(ada).toStrictEqual({ id: 1, name: "Ada", email: "ada@example.org", isAdmin: false });
    const inserted = await db.insert(users).values([{ name: "Bob" }, { name: "Cleo", isAdmin: true }]);
    expect(inserted).toMatchObject({ rowsAffected: 2, lastInsertRowid: 3n });
    expect(
      await db.update(users).set({ isAdmin: true }).where(eq(users.name, "Bob")).returning({ id: users.id }),
    ).toStrictEqual([{ id: 2 }]);
    expect((await db.delete(users).where(eq(users.isAdmin, true)).run()).rowsAffected).toBe(2);
    expect(await db.$count(users)).toBe(1);
    expect(await db.select().from(users).where(eq(users.id, 9)).get()).toBeUndefined();
    expect(await db.select({ id: users.id, name: users.name }).from(users).values()).toStrictEqual([[1, "Ada"]]);
  });

  test("every kind of column comes back as it was written, also nested in relational queries and from a batch", async () => {
    const { db } = current();
    await db.insert(users).values({ id: 1, name: "Ada" });
    await db.insert(kinds).values(full);
    expect(await db.select().from(kinds)).toStrictEqual([full]);
    expect(await db.query.kinds.findFirst()).toStrictEqual(full);
    expect(await db.query.users.findFirst({ columns: { name: true }, with: { kinds: true } })).toStrictEqual({
      name: "Ada",
      kinds: [full],
    });
    const [selected, first, returned] = await db.batch([
      db.select().from(kinds),
      db.query.kinds.findFirst({ with: { user: { columns: { id: true } } } }),
      db.update(kinds).set({ ratio: 0.2 }).returning({ ratio: kinds.ratio, bytes: kinds.bytes }),
    ]);
    expect(selected).toStrictEqual([full]);
    expect(first).toStrictEqual({ ...full, user: { id: 1 } });
    expect(returned).toStrictEqual([{ ratio: 0.2, bytes: full.bytes }]);
  });

  test("an integer that a column could not give back is refused before it is stored, and nested is no other number", async () => {
    const { db } = current();
    const unsafe = 2 ** 60;
    await expect(async () => db.insert(users).values({ id: unsafe, name: "x" })).rejects.toBeInstanceOf(RangeError);
    await expect(async () =>
      db.batch([db.insert(users).values([{ name: "y" }, { id: unsafe, name: "x" }])]),
    ).rejects.toBeInstanceOf(RangeError);
    await expect(async () => db.insert(kinds).values({ price: "99999999999999999999" })).rejects.toBeInstanceOf(
      RangeError,
    );
    const add = db
      .insert(users)
      .values({ id: sql.placeholder("id"), name: "x" })
      .prepare();
    await expect(async () => add.run({ id: 2n ** 60n })).rejects.toBeInstanceOf(RangeError);
    expect([await db.$count(users), await db.$count(kinds)]).toStrictEqual([0, 0]);
    await add.run({ id: Number.MAX_SAFE_INTEGER });
    await db.run(
      sql`insert into kinds (id, price, user_id) values (9007199254740993, 9007199254740993, 9007199254740991)`,
    );
    const nested = (columns: { id?: true; price?: true }) =>
      db.query.users.findMany({ columns: { id: true }, with: { kinds: { columns } } });
    expect(await nested({ price: true })).toStrictEqual([
      { id: Number.MAX_SAFE_INTEGER, kinds: [{ price: "9007199254740993" }] },
    ]);
    await expect(nested({ id: true })).rejects.toBeInstanceOf(RangeError);
  });

  test("joins and relational queries load what belongs together", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    await db.insert(posts).values([
      { id: 1, title: "First", userId: 1 },
      { id: 2, title: "Second", userId: 1 },
    ]);
    expect(
      await db
        .select({ name: users.name, n: count(posts.id) })
        .from(users)
        .leftJoin(posts, eq(posts.userId, users.id))
        .groupBy(users.id),
    ).toStrictEqual([
      { name: "Ada", n: 2 },
      { name: "Bob", n: 0 },
    ]);
    expect(
      await db.query.users.findMany({ columns: { name: true }, with: { posts: { columns: { id: true } } } }),
    ).toStrictEqual([
      { name: "Ada", posts: [{ id: 1 }, { id: 2 }] },
      { name: "Bob", posts: [] },
    ]);
    const byId = db.query.posts.findFirst({ where: { id: sql.placeholder("id") }, with: { author: true } }).prepare();
    expect((await byId.execute({ id: 2 }))?.author.name).toBe("Ada");
    expect(await byId.execute({ id: 9 })).toBeUndefined();
  });

  test("a limit of nested rows holds for each row around them", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }, { name: "Cleo" }]);
    await db.insert(posts).values([1, 1, 2, 2, 3].map((userId, i) => ({ id: i + 1, title: "x", userId })));
    const found = await db.query.users.findMany({
      with: { posts: { columns: { id: true }, orderBy: { id: "asc" }, limit: 1 } },
    });
    expect(found.map((user) => user.posts)).toStrictEqual([[{ id: 1 }], [{ id: 3 }], [{ id: 5 }]]);
  });

  test("SQL given as text answers in each form", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    expect(await db.all(sql`select id, name from users where id < ${3}`)).toStrictEqual([
      { id: 1, name: "Ada" },
      { id: 2, name: "Bob" },
    ]);
    expect(await db.get("select name from users where id = 2")).toStrictEqual({ name: "Bob" });
    expect(await db.get("select name from users where id = 9")).toBeUndefined();
    expect(await db.values(sql`select 1 as same, 2 as same`)).toStrictEqual([[1, 2]]);
    expect((await db.run(sql`delete from users`)).rowsAffected).toBe(2);
  });

  test("a prepared query takes new values with each call, and goes on after the schema has changed", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    const byId = db
      .select({ name: users.name })
      .from(users)
      .where(eq(users.id, sql.placeholder("id")))
      .prepare();
    expect(await byId.get({ id: 1 })).toStrictEqual({ name: "Ada" });
    await db.run(sql`alter table users add column age integer`);
    expect(await byId.all({ id: 2 })).toStrictEqual([{ name: "Bob" }]);
    expect(() => byId.all({})).toThrow('No value for placeholder "id"');
  });

  test("a transaction commits, or leaves nothing and rejects with the callback's own error", async () => {
    const { db } = current();
    expect(
      await db.transaction(async (tx) => (await tx.insert(users).values({ name: "Ada" }).returning())[0]?.id),
    ).toBe(1);
    const failure = new Error("mine");
    const failing = db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "Bob" });
      await tx.run(sql`rollback`).catch(() => {});
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    await expect(db.transaction(async (tx) => tx.rollback())).rejects.toBeInstanceOf(TransactionRollbackError);
    expect(await db.$count(users)).toBe(1);
  });

  test.each(["deferred", "immediate", "exclusive", "concurrent"] as const)(
    "parallel %s transactions all hold",
    async (behavior) => {
      const { db } = current();
      await db.insert(users).values({ id: 1, name: "0" });
      await Promise.all(
        Array.from({ length: 8 }, () =>
          db.transaction(
            async (tx) => {
              if (behavior === "deferred") await tx.update(users).set({ isAdmin: true });
              const row = await tx.select().from(users).get();
              await tx.update(users).set({ name: String(Number(row?.name) + 1) });
            },
            { behavior },
          ),
        ),
      );
      expect((await db.select().from(users).get())?.name).toBe("8");
    },
  );

  test.each(["timeoutMs", "signal"] as const)(
    "a transaction is given up by %s in the midst of its callback, and leaves nothing",
    async (by) => {
      const { db } = current();
      const controller = new AbortController();
      const transaction = db.transaction(
        async (tx) => {
          await tx.insert(users).values({ name: "Ada" });
          controller.abort();
          await new Promise(() => {});
        },
        by === "signal" ? { signal: controller.signal } : { timeoutMs: 100 },
      );
      const error: unknown = await transaction.catch((reason: unknown) => reason);
      expect(driverError(error)?.code).toBe(by === "signal" ? "ABORTED" : "TIMEOUT");
      expect(await db.$count(users)).toBe(0);
      await db.insert(users).values({ name: "Bob" });
    },
  );

  test("of parallel nested transactions each fails or holds on its own; a batch inside belongs to it", async () => {
    const { db } = current();
    const outcome = await db.transaction(async (tx) =>
      Promise.allSettled(
        ["a", "b", "c", "d"].map((name, index) =>
          tx.transaction(async (nested) => {
            await nested.batch([nested.insert(users).values({ name }), nested.select().from(users)]);
            if (index % 2 === 1) throw new Error(name);
          }),
        ),
      ),
    );
    expect(outcome.map(({ status }) => status)).toStrictEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect((await db.select().from(users)).map(({ name }) => name).toSorted()).toStrictEqual(["a", "c"]);
  });

  test("a batch that fails leaves nothing, names the query, and is refused whole for a query that is none", async () => {
    const { db } = current();
    const error: unknown = await db
      .batch([
        db.insert(users).values({ name: "Ada", email: "same@example.org" }),
        db.insert(users).values({ name: "Bob", email: "same@example.org" }),
      ])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DrizzleQueryError);
    expect(driverError(error)).toBeInstanceOf(LitefleetBatchError);
    expect(driverError(error)).toMatchObject({ statementIndex: 1, extendedCode: "SQLITE_CONSTRAINT_UNIQUE" });
    // @ts-expect-error not a query
    await expect(db.batch([db.insert(users).values({ name: "Ada" }), "select 1"])).rejects.toBeInstanceOf(TypeError);
    const placeholder = db
      .select()
      .from(users)
      .where(eq(users.id, sql.placeholder("id")));
    await expect(db.batch([db.insert(users).values({ name: "Ada" }), placeholder])).rejects.toThrow("placeholder");
    expect(await db.$count(users)).toBe(0);
  });

  test("a batch fills the placeholders of its queries, also in a transaction", async () => {
    const { db } = current();
    const find = db
      .select({ name: users.name })
      .from(users)
      .where(eq(users.id, sql.placeholder("id")));
    const add = () =>
      db
        .insert(users)
        .values({ id: sql.placeholder("id"), name: sql.placeholder("name"), isAdmin: sql.placeholder("isAdmin") });
    const [, found] = await db.batch([add(), find], { placeholders: { id: 1, name: "Ada", isAdmin: true } });
    expect(found).toStrictEqual([{ name: "Ada" }]);
    await db.transaction(async (tx) => {
      const byName = tx
        .select({ id: users.id })
        .from(users)
        .where(eq(users.name, sql.placeholder("name")));
      expect(await tx.batch([byName], { placeholders: { name: "Ada" } })).toStrictEqual([[{ id: 1 }]]);
    });
    const unsafe = { id: 2n ** 60n, name: "Bob", isAdmin: false };
    await expect(db.batch([add()], { placeholders: unsafe })).rejects.toBeInstanceOf(RangeError);
    expect(await db.$count(users, eq(users.isAdmin, true))).toBe(1);
    expect(await db.$count(users)).toBe(1);
  });

  test("queries are logged, and the cache forgets what was written, after a transaction when it is over", async () => {
    const { client } = current();
    const logged: string[] = [];
    const logger: Logger = { logQuery: (query) => logged.push(query) };
    const cache = new MemoryCache();
    const db = drizzle(client, { relations, logger, cache });
    await db.insert(users).values({ name: "Ada" });
    expect(await db.select().from(users)).toHaveLength(1);
    expect(await db.select().from(users)).toHaveLength(1);
    expect(cache.hits).toBe(1);
    await db.transaction(async (tx) => {
      await tx.update(users).set({ name: "Bob" });
      expect((await tx.select().from(users))[0]?.name).toBe("Bob");
      expect(cache.forgotten).toStrictEqual([["users"]]);
    });
    await db.batch([db.insert(posts).values({ id: 1, title: "First", userId: 1 }), db.select().from(users)]);
    expect(cache.forgotten).toStrictEqual([["users"], ["users"], ["posts"]]);
    expect((await db.select().from(users))[0]?.name).toBe("Bob");
    expect(logged.filter((text) => text.startsWith("insert"))).toHaveLength(2);
    expect(db.$cache).toBe(cache);
    await db.$cache.invalidate({ tables: "users" });
    expect(cache.forgotten).toHaveLength(4);
  });
});

class MemoryCache extends Cache {
  readonly #answers = new Map<string, { readonly rows: unknown[]; readonly tables: string[] }>();
  readonly forgotten: string[][] = [];
  hits = 0;

  override strategy(): "all" {
    return "all";
  }

  override async get(key: string): Promise<unknown[] | undefined> {
    const answer = this.#answers.get(key);
    if (answer !== undefined) this.hits += 1;
    return answer?.rows;
  }

  override async put(key: string, rows: unknown[], tables: string[]): Promise<void> {
    this.#answers.set(key, { rows, tables });
  }

  override async onMutate({ tables = [] }: Parameters<Cache["onMutate"]>[0]): Promise<void> {
    const names = (Array.isArray(tables) ? tables : [tables]).filter((table) => typeof table === "string");
    this.forgotten.push(names);
    for (const [key, answer] of this.#answers) {
      if (answer.tables.some((table) => names.includes(table))) this.#answers.delete(key);
    }
  }
}

describe("drizzle()", () => {
  test("takes a URL, a configuration, a client, and all of them among its options", async () => {
    for (const db of [
      drizzle(":memory:"),
      drizzle({ url: ":memory:", engine: "sqlite" }, { relations }),
      drizzle({ connection: ":memory:", relations }),
      drizzle({ connection: { url: ":memory:" } }),
    ]) {
      expect(is(db, LitefleetDatabase)).toBe(true);
      expect(await db.get(sql`select 1 as one`)).toStrictEqual({ one: 1 });
      await db[Symbol.asyncDispose]();
      expect(db.$client.closed).toBe(true);
    }
  });

  test("mock builds SQL and runs none", async () => {
    const db = drizzle.mock({ relations });
    expect(db.query.users.findMany({ columns: { id: true } }).toSQL().sql).toContain('"users"');
    const error: unknown = await db
      .select()
      .from(users)
      .catch((reason: unknown) => reason);
    expect(driverError(error)?.code).toBe("CLIENT_CLOSED");
  });

  test.each(["$withReplicas", "withReplicas"])("%s keeps batch and transactions", async (by) => {
    await using primary = drizzle(":memory:", { relations });
    await using replica = drizzle(":memory:", { relations });
    for (const db of [primary, replica]) for (const statement of ddl) await db.run(statement);
    const db = by === "$withReplicas" ? primary.$withReplicas([replica]) : withReplicas(primary, [replica]);
    await db.batch([db.insert(users).values({ name: "Ada" })]);
    await db.transaction(async (tx) => tx.insert(users).values({ name: "Bob" }));
    expect(await primary.$count(users)).toBe(2);
    expect(await db.$replica.select().from(users)).toStrictEqual([]);
  });
});
