import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { drizzle } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";
import { MemoryCache } from "./memory-cache.ts";
import * as schema from "./schema.ts";
import { kinds, posts, users } from "./schema.ts";

onEachDatabase((current) => {
  function cached() {
    const cache = new MemoryCache();
    return { cache, db: drizzle(current().client, { schema, cache }) };
  }

  test("a select is answered from the cache until its table is written", async () => {
    const { cache, db } = cached();
    await db.insert(users).values({ name: "Ada" });
    expect(await db.select().from(users)).toHaveLength(1);
    expect(await db.select().from(users)).toHaveLength(1);
    expect(cache.hits).toBe(1);
    await db.insert(users).values({ name: "Bob" });
    expect(await db.select().from(users)).toHaveLength(2);
    expect(cache.hits).toBe(1);
    expect(await db.select().from(users).$withCache(false)).toHaveLength(2);
    expect(cache.hits).toBe(1);
  });

  test("blobs survive a cache that keeps JSON", async () => {
    const { cache, db } = cached();
    const row = { bytes: Buffer.from([0, 255]), document: { tags: ["x"] }, large: 2n ** 70n };
    await db.insert(kinds).values({ id: 1, ...row });
    const query = db.select({ bytes: kinds.bytes, document: kinds.document, large: kinds.large }).from(kinds);
    expect(await query).toStrictEqual([row]);
    expect(await query).toStrictEqual([row]);
    expect(cache.hits).toBe(1);
  });

  test("a batch makes the cache forget the tables that it wrote, once it is done", async () => {
    const { cache, db } = cached();
    await db.select().from(users);
    await db.batch([
      db.insert(users).values({ id: 1, name: "Ada" }),
      db.insert(posts).values({ id: 1, title: "First", userId: 1 }),
      db.select().from(users),
    ]);
    expect(cache.forgotten).toStrictEqual([["users", "posts"]]);
    expect(await db.select().from(users)).toHaveLength(1);
  });

  test("a transaction reads beside the cache and makes it forget when it has committed", async () => {
    const { cache, db } = cached();
    await db.insert(users).values({ id: 1, name: "Ada" });
    await db.select().from(users);
    cache.forgotten.length = 0;
    await db.transaction(async (tx) => {
      await tx.update(users).set({ name: "Bob" }).where(eq(users.id, 1));
      expect(await tx.select({ name: users.name }).from(users)).toStrictEqual([{ name: "Bob" }]);
      await tx.transaction(async (nested) => {
        await nested.insert(posts).values({ id: 1, title: "First", userId: 1 });
      });
      expect(cache.forgotten).toStrictEqual([]);
    });
    expect(cache.forgotten).toStrictEqual([["users", "posts"]]);
    expect(cache.hits).toBe(0);
    expect(await db.select({ name: users.name }).from(users)).toStrictEqual([{ name: "Bob" }]);
  });

  test("$cache is the cache that was passed in, with what it has and `invalidate`", async () => {
    const { cache, db } = cached();
    expect(db.$cache).toBe(cache);
    await db.$cache.invalidate({ tables: "users", tags: "names" });
    expect(cache.forgotten).toStrictEqual([["users"]]);
    await current().db.$cache.invalidate({ tables: "users" });
    expect(cache.forgotten).toHaveLength(1);
  });

  test("$cache.invalidate reaches the cache, from a transaction when it is over", async () => {
    const { cache, db } = cached();
    await db.$cache.invalidate({ tables: users });
    await db.transaction(async (tx) => {
      await tx.$cache.invalidate({ tables: [posts] });
      expect(cache.forgotten).toStrictEqual([["users"]]);
    });
    expect(cache.forgotten).toStrictEqual([["users"], ["posts"]]);
  });
});
