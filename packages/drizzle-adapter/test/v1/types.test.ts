import type { Client, ResultSet } from "@litefleet/driver";
import { drizzle, type LitefleetDatabase } from "@litefleet/drizzle-adapter/v1";
import { count, defineRelations, eq, max, sql } from "drizzle-orm-v1";
import type { LibSQLDatabase } from "drizzle-orm-v1/libsql";
import type { SQLiteAsyncDatabase } from "drizzle-orm-v1/sqlite-core/async";
import {
  alias,
  blob,
  customType,
  integer,
  numeric,
  real,
  sqliteTable,
  text,
  unionAll,
} from "drizzle-orm-v1/sqlite-core";
import { expectTypeOf, test } from "vitest";
import { kinds, posts, users } from "./schema.ts";

/** Every kind of column. */
const every = sqliteTable("every", {
  integer: integer().primaryKey({ autoIncrement: true }),
  flag: integer({ mode: "boolean" }).notNull().default(false),
  seconds: integer({ mode: "timestamp" }),
  milliseconds: integer({ mode: "timestamp_ms" }).$defaultFn(() => new Date(0)),
  real: real(),
  text: text().notNull(),
  choice: text({ enum: ["a", "b"] }),
  list: text({ mode: "json" }).$type<string[]>(),
  decimal: numeric(),
  number: numeric({ mode: "number" }),
  exact: numeric({ mode: "bigint" }),
  bytes: blob({ mode: "buffer" }),
  document: blob({ mode: "json" }).$type<{ tags: string[] }>(),
  large: blob({ mode: "bigint" }),
  custom: customType<{ data: URL; driverData: string }>({ dataType: () => "text" })(),
  computed: integer().generatedAlwaysAs(sql`length(text)`),
  userId: integer("user_id").references(() => users.id),
});
const other = alias(users, "other");
const relations = defineRelations({ users, posts, kinds, every }, (r) => ({
  users: { posts: r.many.posts(), kinds: r.many.kinds() },
  posts: { author: r.one.users({ from: r.posts.userId, to: r.users.id, optional: false }) },
  kinds: { user: r.one.users({ from: r.kinds.userId, to: r.users.id }) },
  every: { user: r.one.users({ from: r.every.userId, to: r.users.id }) },
}));

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
    everything: db.select().from(every),
    written: db.insert(every).values({ text: "x", choice: "a", exact: 1n }).returning(),
    changed: db
      .update(every)
      .set({ flag: true })
      .returning({ flag: every.flag, up: sql<string>`upper(${every.text})` }),
    removed: db.delete(every).returning({ key: every.integer, custom: every.custom }),
    inner: db.select().from(every).innerJoin(users, eq(every.userId, users.id)),
    right: db
      .select({ choice: every.choice, name: users.name })
      .from(every)
      .rightJoin(users, eq(every.userId, users.id)),
    full: db.select().from(every).fullJoin(users, eq(every.userId, users.id)),
    cross: db.select().from(users).crossJoin(posts),
    self: db.select().from(users).leftJoin(other, eq(other.id, users.id)),
    grouped: db
      .select({ choice: every.choice, n: count(), most: max(every.real) })
      .from(every)
      .groupBy(every.choice),
    counted: db.$count(every),
    united: unionAll(db.select({ id: users.id }).from(users), db.select({ id: posts.id }).from(posts)),
    nested: db.query.every.findMany({ columns: { bytes: true }, with: { user: { with: { posts: true } } } }),
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
    everything: db.select().from(every),
    written: db.insert(every).values({ text: "x", choice: "a", exact: 1n }).returning(),
    changed: db
      .update(every)
      .set({ flag: true })
      .returning({ flag: every.flag, up: sql<string>`upper(${every.text})` }),
    removed: db.delete(every).returning({ key: every.integer, custom: every.custom }),
    inner: db.select().from(every).innerJoin(users, eq(every.userId, users.id)),
    right: db
      .select({ choice: every.choice, name: users.name })
      .from(every)
      .rightJoin(users, eq(every.userId, users.id)),
    full: db.select().from(every).fullJoin(users, eq(every.userId, users.id)),
    cross: db.select().from(users).crossJoin(posts),
    self: db.select().from(users).leftJoin(other, eq(other.id, users.id)),
    grouped: db
      .select({ choice: every.choice, n: count(), most: max(every.real) })
      .from(every)
      .groupBy(every.choice),
    counted: db.$count(every),
    united: unionAll(db.select({ id: users.id }).from(users), db.select({ id: posts.id }).from(posts)),
    nested: db.query.every.findMany({ columns: { bytes: true }, with: { user: { with: { posts: true } } } }),
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
