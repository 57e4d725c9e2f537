import type { Client, ResultSet } from "@litefleet/driver";
import { eq } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import { expectTypeOf, test } from "vitest";
import { drizzle, type LitefleetDatabase } from "../src/index.ts";
import * as schema from "./schema.ts";
import { kinds, posts, users } from "./schema.ts";

// Only the types matter: nothing here is run.
const ours = () => drizzle.mock({ schema });
const stock = (): LibSQLDatabase<typeof schema> => {
  throw new Error("not run");
};

test("queries are typed as drizzle-orm/libsql types them", () => {
  const oursOf = (db: ReturnType<typeof ours>) => ({
    select: db.select().from(kinds),
    join: db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)),
    inserted: db.insert(users).values({ name: "Ada" }),
    returned: db.insert(kinds).values({ id: 1 }).returning(),
    many: db.query.users.findMany({ with: { posts: { with: { author: true } } } }),
    first: db.query.posts.findFirst(),
    get: db.select().from(users).get(),
    batch: db.batch([db.select().from(users), db.insert(users).values({ name: "Ada" }), db.query.users.findFirst()]),
  });
  const stockOf = (db: LibSQLDatabase<typeof schema>) => ({
    select: db.select().from(kinds),
    join: db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)),
    inserted: db.insert(users).values({ name: "Ada" }),
    returned: db.insert(kinds).values({ id: 1 }).returning(),
    many: db.query.users.findMany({ with: { posts: { with: { author: true } } } }),
    first: db.query.posts.findFirst(),
    get: db.select().from(users).get(),
    batch: db.batch([db.select().from(users), db.insert(users).values({ name: "Ada" }), db.query.users.findFirst()]),
  });
  type Results<Q extends Record<string, PromiseLike<unknown>>> = { [K in keyof Q]: Awaited<Q[K]> };
  expectTypeOf<Results<ReturnType<typeof oursOf>>>().toEqualTypeOf<Results<ReturnType<typeof stockOf>>>();
  expectTypeOf(stock).toBeFunction();
});

test("the database and its transactions are drizzle's", () => {
  expectTypeOf<LitefleetDatabase<typeof schema>>().toExtend<BaseSQLiteDatabase<"async", ResultSet, typeof schema>>();
  type Tx = Parameters<Parameters<LitefleetDatabase<typeof schema>["transaction"]>[0]>[0];
  expectTypeOf<Tx>().toExtend<BaseSQLiteDatabase<"async", ResultSet, typeof schema>>();
  type StockTx = Parameters<Parameters<LibSQLDatabase<typeof schema>["transaction"]>[0]>[0];
  expectTypeOf<Tx>().toExtend<StockTx>();
});

test("$client has the type of the client that was passed", () => {
  interface Special extends Client {
    readonly tenant: string;
  }
  const open = (client: Special) =>
    [drizzle(client), drizzle({ client, schema }), drizzle(client, { schema })] as const;
  expectTypeOf<ReturnType<typeof open>[0]["$client"]>().toEqualTypeOf<Special>();
  expectTypeOf<ReturnType<typeof open>[1]["$client"]>().toEqualTypeOf<Special>();
  expectTypeOf<ReturnType<typeof open>[2]>().toEqualTypeOf<LitefleetDatabase<typeof schema> & { $client: Special }>();
  const opened = () => drizzle({ url: ":memory:" }, { schema });
  expectTypeOf<ReturnType<typeof opened>>().toEqualTypeOf<LitefleetDatabase<typeof schema> & { $client: Client }>();
  const fromUrl = () => drizzle(":memory:");
  expectTypeOf<ReturnType<typeof fromUrl>["$client"]>().toEqualTypeOf<Client>();
  const connected = () => drizzle({ connection: { url: ":memory:", engine: "sqlite" }, schema });
  expectTypeOf<ReturnType<typeof connected>["$client"]>().toEqualTypeOf<Client>();
});

test("behavior takes drizzle's names and concurrent", () => {
  const run = (db: LitefleetDatabase<typeof schema>) => {
    void db.transaction(async () => 1, { behavior: "concurrent", maxRetries: 3, timeoutMs: 100 });
    // @ts-expect-error not a behavior
    void db.transaction(async () => 1, { behavior: "snapshot" });
    // @ts-expect-error a nested transaction begins no transaction of its own
    return db.transaction(async (tx) => tx.transaction(async () => "done", { behavior: "immediate" }));
  };
  expectTypeOf<ReturnType<typeof run>>().toEqualTypeOf<Promise<string>>();
});
