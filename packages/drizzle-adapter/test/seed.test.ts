import { count, eq, isNull } from "drizzle-orm";
import { reset, seed } from "drizzle-seed";
import { expect, test } from "vitest";
import { drizzle } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";
import { posts, users } from "./schema.ts";

onEachDatabase((current) => {
  test("drizzle-seed fills the tables, the same for the same seed, and empties them", async () => {
    const { client } = current();
    // drizzle-seed's types take a database without a schema.
    const db = drizzle(client);
    const fill = (): Promise<void> =>
      seed(db, { users, posts }, { count: 30, seed: 7 })
        .refine((f) => ({ users: { columns: { name: f.fullName() }, with: { posts: 3 } } }))
        .then(() => undefined);
    await fill();
    expect([await db.$count(users), await db.$count(posts)]).toEqual([30, 90]);
    const author = eq(users.id, posts.userId);
    expect(await db.select({ n: count() }).from(posts).leftJoin(users, author).where(isNull(users.id))).toEqual([
      { n: 0 },
    ]);
    const first = await db.select().from(users).orderBy(users.id);
    // reset() switches foreign keys off by a PRAGMA, which on a server lasts for one call.
    if (client.protocol === "http") await db.delete(posts);
    await reset(db, { users, posts });
    expect([await db.$count(users), await db.$count(posts)]).toEqual([0, 0]);
    await fill();
    const names = (rows: typeof first): string[] => rows.map(({ name }) => name);
    expect(names(await db.select().from(users).orderBy(users.id))).toEqual(names(first));
  });
});
