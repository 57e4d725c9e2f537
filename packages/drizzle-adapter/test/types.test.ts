import type { Client, ResultSet } from "@litefleet/driver";
import { count, eq, max, relations, sql } from "drizzle-orm";
import type { LibSQLDatabase } from "drizzle-orm/libsql";
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import { alias, blob, customType, integer, numeric, real, sqliteTable, text, unionAll } from "drizzle-orm/sqlite-core";
import { expectTypeOf, test } from "vitest";
import { drizzle, type LitefleetDatabase } from "../src/index.ts";
import * as tables from "./schema.ts";
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
const everyRelations = relations(every, ({ one }) => ({
  user: one(users, { fields: [every.userId], references: [users.id] }),
}));
const other = alias(users, "other");
const schema = { ...tables, every, everyRelations };

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
  const stockOf = (db: LibSQLDatabase<typeof schema>) => ({
    select: db.select().from(kinds),
    join: db.select().from(users).leftJoin(posts, eq(posts.userId, users.id)),
    inserted: db.insert(users).values({ name: "Ada" }),
    returned: db.insert(kinds).values({ id: 1 }).returning(),
    many: db.query.users.findMany({ with: { posts: { with: { author: true } } } }),
    first: db.query.posts.findFirst(),
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
