import { LitefleetBatchError } from "@litefleet/driver";
import { DrizzleQueryError, eq, type Logger, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { driverError, drizzle } from "../src/index.ts";
import { onEachDatabase } from "./databases.ts";
import * as schema from "./schema.ts";
import { users } from "./schema.ts";

onEachDatabase((current) => {
  test("a batch answers each query in its own form", async () => {
    const { db } = current();
    const [inserted, returned, selected, many, first, all, get, values, run] = await db.batch([
      db.insert(users).values({ name: "Ada" }),
      db.insert(users).values({ name: "Bob" }).returning(),
      db.select({ name: users.name }).from(users).orderBy(users.id),
      db.query.users.findMany({ columns: { id: true }, with: { posts: true } }),
      db.query.users.findFirst({ where: eq(users.id, 9) }),
      db.all<{ id: number }>(sql`select id from users`),
      db.get<{ n: number }>(sql`select count(*) as n from users`),
      db.values<[number, string]>(sql`select id, name as "0" from users`),
      db.run(sql`update users set is_admin = 1`),
    ]);
    expect(inserted).toMatchObject({ rowsAffected: 1, lastInsertRowid: 1n });
    expect(returned).toStrictEqual([{ id: 2, name: "Bob", email: null, isAdmin: false }]);
    expect(selected).toStrictEqual([{ name: "Ada" }, { name: "Bob" }]);
    expect(many).toStrictEqual([
      { id: 1, posts: [] },
      { id: 2, posts: [] },
    ]);
    expect(first).toBeUndefined();
    expect(all).toStrictEqual([{ id: 1 }, { id: 2 }]);
    expect(get).toStrictEqual({ n: 2 });
    expect(values).toStrictEqual([
      [1, "Ada"],
      [2, "Bob"],
    ]);
    expect(run.rowsAffected).toBe(2);
  });

  test("a batch that fails leaves nothing and names the query", async () => {
    const { db } = current();
    const error: unknown = await db
      .batch([
        db.insert(users).values({ name: "Ada", email: "same@example.org" }),
        db.insert(users).values({ name: "Bob", email: "same@example.org" }),
        db.insert(users).values({ name: "Cleo" }),
      ])
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DrizzleQueryError);
    expect((error as DrizzleQueryError).params).toContain("Bob");
    const cause = driverError(error);
    expect(cause).toBeInstanceOf(LitefleetBatchError);
    expect(cause).toMatchObject({ statementIndex: 1, extendedCode: "SQLITE_CONSTRAINT_UNIQUE" });
    expect(await db.$count(users)).toBe(0);
  });

  test("a batch logs its queries, and refuses what it cannot run before it runs anything", async () => {
    const { client } = current();
    const logged: string[] = [];
    const logger: Logger = { logQuery: (query) => logged.push(query) };
    const db = drizzle(client, { schema, logger });
    await db.batch([db.run(sql`select 1`), db.select({ id: users.id }).from(users)]);
    expect(logged).toStrictEqual(["select 1", 'select "id" from "users"']);
    const withPlaceholder = db
      .select()
      .from(users)
      .where(eq(users.id, sql.placeholder("id")));
    await expect(db.batch([db.insert(users).values({ name: "Ada" }), withPlaceholder])).rejects.toThrow("placeholder");
    // @ts-expect-error not a query
    await expect(db.batch([db.insert(users).values({ name: "Ada" }), "select 1"])).rejects.toBeInstanceOf(TypeError);
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

  test("a batch takes a behavior", async () => {
    const { db } = current();
    const [, count] = await db.batch(
      [db.insert(users).values({ name: "Ada" }), db.get<{ n: number }>(sql`select count(*) as n from users`)],
      { behavior: "concurrent" },
    );
    expect(count).toStrictEqual({ n: 1 });
  });
});
