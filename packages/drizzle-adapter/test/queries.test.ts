import { count, eq, gt, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { onEachDatabase } from "./databases.ts";
import { posts, users } from "./schema.ts";

onEachDatabase((current) => {
  test("insert, select, update and delete answer with typed rows", async () => {
    const { db } = current();
    const [ada] = await db.insert(users).values({ name: "Ada", email: "ada@example.org" }).returning();
    expect(ada).toStrictEqual({ id: 1, name: "Ada", email: "ada@example.org", isAdmin: false });
    await db.insert(users).values([{ name: "Bob" }, { name: "Cleo", isAdmin: true }]);
    expect(
      await db.select({ name: users.name, isAdmin: users.isAdmin }).from(users).where(gt(users.id, 1)),
    ).toStrictEqual([
      { name: "Bob", isAdmin: false },
      { name: "Cleo", isAdmin: true },
    ]);
    expect(
      await db.update(users).set({ isAdmin: true }).where(eq(users.name, "Bob")).returning({ id: users.id }),
    ).toStrictEqual([{ id: 2 }]);
    expect(await db.delete(users).where(eq(users.isAdmin, true)).returning({ name: users.name })).toStrictEqual([
      { name: "Bob" },
      { name: "Cleo" },
    ]);
    expect(await db.$count(users)).toBe(1);
  });

  test("a statement that returns no rows answers with the driver's result", async () => {
    const { db } = current();
    const inserted = await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    expect(inserted.rowsAffected).toBe(2);
    expect(inserted.lastInsertRowid).toBe(2n);
    expect(inserted.rows).toHaveLength(0);
    const updated = await db.update(users).set({ isAdmin: true }).where(eq(users.id, 1)).run();
    expect(updated.rowsAffected).toBe(1);
    expect((await db.run(sql`delete from users`)).rowsAffected).toBe(2);
  });

  test("an upsert runs", async () => {
    const { db } = current();
    for (const name of ["Ada", "Ada L."]) {
      await db
        .insert(users)
        .values({ name, email: "ada@example.org" })
        .onConflictDoUpdate({ target: users.email, set: { name } });
    }
    expect(await db.select({ name: users.name }).from(users)).toStrictEqual([{ name: "Ada L." }]);
  });

  test("a left join gives null for the table that has no row", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    await db.insert(posts).values({ id: 7, title: "First", userId: 1 });
    const rows = await db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)).orderBy(users.id);
    expect(rows).toStrictEqual([
      { users: { id: 1, name: "Ada", email: null, isAdmin: false }, posts: { id: 7, title: "First", userId: 1 } },
      { users: { id: 2, name: "Bob", email: null, isAdmin: false }, posts: null },
    ]);
    const counts = await db
      .select({ name: users.name, posts: count(posts.id) })
      .from(users)
      .leftJoin(posts, eq(posts.userId, users.id))
      .groupBy(users.id);
    expect(counts).toStrictEqual([
      { name: "Ada", posts: 1 },
      { name: "Bob", posts: 0 },
    ]);
  });

  test("relational queries load what belongs together", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    await db.insert(posts).values([
      { id: 1, title: "First", userId: 1 },
      { id: 2, title: "Second", userId: 1 },
    ]);
    expect(
      await db.query.users.findMany({ columns: { name: true, isAdmin: true }, with: { posts: true } }),
    ).toStrictEqual([
      {
        name: "Ada",
        isAdmin: false,
        posts: [
          { id: 1, title: "First", userId: 1 },
          { id: 2, title: "Second", userId: 1 },
        ],
      },
      { name: "Bob", isAdmin: false, posts: [] },
    ]);
    const post = await db.query.posts.findFirst({
      where: eq(posts.id, 2),
      with: { author: { columns: { name: true } } },
    });
    expect(post).toStrictEqual({ id: 2, title: "Second", userId: 1, author: { name: "Ada" } });
    expect(await db.query.posts.findFirst({ where: eq(posts.id, 9) })).toBeUndefined();
  });

  test("get answers with the first row or undefined, values with arrays", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    expect(await db.select({ name: users.name }).from(users).orderBy(users.id).get()).toStrictEqual({ name: "Ada" });
    expect(await db.select().from(users).where(eq(users.id, 9)).get()).toBeUndefined();
    expect(await db.select({ id: users.id, name: users.name }).from(users).values()).toStrictEqual([
      [1, "Ada"],
      [2, "Bob"],
    ]);
  });

  test("SQL given as text answers with plain rows", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    expect(await db.all(sql`select id, name from users where id < ${3}`)).toStrictEqual([
      { id: 1, name: "Ada" },
      { id: 2, name: "Bob" },
    ]);
    expect(await db.get("select name from users where id = 2")).toStrictEqual({ name: "Bob" });
    expect(await db.get("select name from users where id = 9")).toBeUndefined();
    expect(await db.values(sql`select id, name, null from users limit 1`)).toStrictEqual([[1, "Ada", null]]);
    expect(await db.all(sql`select 1 as same, 2 as same, 3 as "__proto__"`)).toStrictEqual([
      Object.fromEntries([
        ["same", 1],
        ["__proto__", 3],
      ]),
    ]);
  });

  test("a prepared query takes new values with each call", async () => {
    const { db } = current();
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob", isAdmin: true }]);
    const byId = db
      .select({ name: users.name })
      .from(users)
      .where(eq(users.id, sql.placeholder("id")))
      .prepare();
    expect(await byId.get({ id: 1 })).toStrictEqual({ name: "Ada" });
    expect(await byId.all({ id: 2 })).toStrictEqual([{ name: "Bob" }]);
    expect(await byId.execute({ id: 3 })).toStrictEqual([]);
    await expect(byId.all({})).rejects.toThrow('No value for placeholder "id"');

    const add = db
      .insert(users)
      .values({ name: sql.placeholder("name"), isAdmin: sql.placeholder("isAdmin") })
      .prepare();
    expect((await add.run({ name: "Cleo", isAdmin: true })).rowsAffected).toBe(1);
    expect(await db.$count(users, eq(users.isAdmin, true))).toBe(2);

    const withPosts = db.query.users
      .findFirst({ where: eq(users.id, sql.placeholder("id")), with: { posts: true } })
      .prepare();
    expect((await withPosts.execute({ id: 3 }))?.name).toBe("Cleo");
    expect(await withPosts.execute({ id: 4 })).toBeUndefined();
  });

  test("a prepared query goes on after the schema has changed", async () => {
    const { db } = current();
    await db.insert(users).values({ name: "Ada" });
    const all = db.select({ name: users.name }).from(users).prepare();
    expect(await all.all()).toHaveLength(1);
    await db.run(sql`alter table users add column age integer`);
    expect(await all.all()).toStrictEqual([{ name: "Ada" }]);
  });
});
