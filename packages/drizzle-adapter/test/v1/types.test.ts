import type { Client, ResultSet } from "@litefleet/driver";
import { drizzle, type LitefleetDatabase } from "@litefleet/drizzle-adapter/v1";
import { count, eq } from "drizzle-orm-v1";
import type { LibSQLDatabase } from "drizzle-orm-v1/libsql";
import type { SQLiteAsyncDatabase } from "drizzle-orm-v1/sqlite-core/async";
import { expectTypeOf, test } from "vitest";
import { kinds, posts, relations, users } from "./schema.ts";

// Only the types matter: nothing here is run.
const ours = () => drizzle.mock({ relations });
const stock = (): LibSQLDatabase<typeof relations> => {
  throw new Error("not run");
};

test("queries are typed as drizzle-orm/libsql types them", () => {
  const oursOf = (db: ReturnType<typeof ours>) => ({
    select: db.select().from(kinds),
    partial: db.select({ name: users.name, n: count() }).from(users).groupBy(users.name),
    join: db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)),
    inserted: db.insert(users).values({ name: "Ada" }),
    returned: db.insert(kinds).values({ id: 1 }).returning(),
    many: db.query.users.findMany({ with: { posts: { with: { author: true } }, kinds: true } }),
    first: db.query.posts.findFirst({ where: { author: { name: "Ada" } } }),
    get: db.select().from(users).get(),
    batch: db.batch([db.select().from(users), db.insert(users).values({ name: "Ada" }), db.query.users.findFirst()]),
  });
  const stockOf = (db: LibSQLDatabase<typeof relations>) => ({
    select: db.select().from(kinds),
    partial: db.select({ name: users.name, n: count() }).from(users).groupBy(users.name),
    join: db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)),
    inserted: db.insert(users).values({ name: "Ada" }),
    returned: db.insert(kinds).values({ id: 1 }).returning(),
    many: db.query.users.findMany({ with: { posts: { with: { author: true } }, kinds: true } }),
    first: db.query.posts.findFirst({ where: { author: { name: "Ada" } } }),
    get: db.select().from(users).get(),
    batch: db.batch([db.select().from(users), db.insert(users).values({ name: "Ada" }), db.query.users.findFirst()]),
  });
  type Results<Q extends Record<string, PromiseLike<unknown>>> = { [K in keyof Q]: Awaited<Q[K]> };
  expectTypeOf<Results<ReturnType<typeof oursOf>>>().toEqualTypeOf<Results<ReturnType<typeof stockOf>>>();
  expectTypeOf(stock).toBeFunction();
});

test("the database and its transactions are drizzle's, and $client has the type of what was passed", () => {
  type Ours = LitefleetDatabase<typeof relations>;
  expectTypeOf<Ours>().toExtend<SQLiteAsyncDatabase<"async", ResultSet, typeof relations>>();
  type Tx = Parameters<Parameters<Ours["transaction"]>[0]>[0];
  expectTypeOf<Tx>().toExtend<SQLiteAsyncDatabase<"async", ResultSet, typeof relations>>();
  interface Special extends Client {
    readonly tenant: string;
  }
  const open = (client: Special) => [drizzle(client), drizzle({ client, relations })] as const;
  expectTypeOf<ReturnType<typeof open>[0]["$client"]>().toEqualTypeOf<Special>();
  expectTypeOf<ReturnType<typeof open>[1]>().toEqualTypeOf<Ours & { $client: Special }>();
  const run = (db: Ours) => db.transaction(async () => 1, { behavior: "concurrent", maxRetries: 3, timeoutMs: 100 });
  expectTypeOf<ReturnType<typeof run>>().toEqualTypeOf<Promise<number>>();
});
