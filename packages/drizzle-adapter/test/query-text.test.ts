import {
  and,
  asc,
  avg,
  between,
  count,
  desc,
  eq,
  exists,
  getTableColumns,
  gt,
  inArray,
  isNull,
  like,
  max,
  not,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { drizzle as drizzleLibsql } from "drizzle-orm/libsql";
import {
  alias,
  customType,
  integer,
  sqliteTable,
  sqliteTableCreator,
  sqliteView,
  text,
  union,
  unionAll,
} from "drizzle-orm/sqlite-core";
import { expect, test } from "vitest";
import { drizzle } from "../src/index.ts";
import * as schema from "./schema.ts";
import { kinds, posts, users } from "./schema.ts";

/** Its encoder answers with SQL. */
const upper = customType<{ data: string }>({ dataType: () => "text", toDriver: (value): SQL => sql`upper(${value})` });
const oddities = sqliteTable('odd "name"', {
  id: integer("constructor").primaryKey(),
  loudName: upper().$defaultFn(() => "loud"),
  changedAt: integer({ mode: "timestamp" }).$onUpdateFn(() => new Date(0)),
  amount: integer().default(sql`(abs(-3))`),
});
const computed = sqliteTable("computed", {
  id: integer().primaryKey({ autoIncrement: true }),
  n: integer().notNull().default(0),
  label: text().default(""),
  twice: integer().generatedAlwaysAs(sql`n * 2`),
  stamp: integer()
    .$defaultFn(() => 1)
    .$onUpdateFn(() => 2),
  touched: integer().$onUpdateFn(() => sql`unixepoch()`),
  cleared: text()
    .$type<string | null>()
    .$onUpdate(() => null),
});
const constructors = sqliteTable("constructors", { constructor: integer() });
const prefixed = sqliteTableCreator((name) => `app_${name}`)("notes", { id: integer().primaryKey(), bodyText: text() });
const adults = sqliteView("adults").as((qb) => qb.select().from(users).where(gt(users.id, 17)));
const existing = sqliteView("existing", { id: integer(), label: text() }).existing();

type Database = ReturnType<typeof ours>;
const config = { schema, casing: "snake_case" } as const;
const ours = () => drizzle.mock(config);
// Both have the same builders; only what they run on differs.
const stock = () => drizzleLibsql.mock(config) as unknown as Database;

const queries: Record<string, (db: Database) => { toSQL(): { sql: string; params: unknown[] } }> = {
  "a select of all columns": (db) => db.select().from(kinds),
  conditions: (db) =>
    db
      .select({ id: users.id })
      .from(users)
      .where(
        and(
          or(eq(users.name, 'a"b'), like(users.name, "%x%"), isNull(users.email)),
          not(inArray(users.id, [1, 2, 3])),
          between(users.id, 1, sql.placeholder("most")),
          exists(db.select().from(posts).where(eq(posts.userId, users.id))),
        ),
      ),
  "an empty list": (db) => db.select().from(users).where(inArray(users.id, [])),
  "encoded values": (db) =>
    db
      .select()
      .from(kinds)
      .where(and(eq(kinds.seconds, new Date(5_000)), eq(kinds.list, ["a"]), eq(kinds.large, 7n), eq(kinds.flag, true))),
  aggregates: (db) =>
    db
      .select({ name: users.name, posts: count(posts.id), top: max(posts.id), mean: avg(posts.id).mapWith(Number) })
      .from(users)
      .leftJoin(posts, eq(posts.userId, users.id))
      .groupBy(users.name)
      .having(({ posts: n }) => gt(n, 1))
      .orderBy(desc(users.name), asc(sql`lower(${users.name})`))
      .limit(10)
      .offset(sql.placeholder("skip")),
  "an alias": (db) => {
    const other = alias(users, "other");
    return db
      .selectDistinct()
      .from(users)
      .innerJoin(other, eq(other.id, users.id))
      .fullJoin(posts, sql`true`);
  },
  "an alias of odd names": (db) => {
    const other = alias(oddities, "o");
    return db.select().from(oddities).rightJoin(other, eq(other.loudName, oddities.loudName));
  },
  "a subquery": (db) => {
    const named = db
      .select({ id: users.id, loud: sql<string>`upper(${users.name})`.as("loud") })
      .from(users)
      .as("named");
    return db
      .select()
      .from(named)
      .where(eq(named.loud, "ADA"))
      .orderBy(sql`${named.loud}`);
  },
  "a subquery among the fields": (db) =>
    db.select({ id: users.id, n: sql<number>`(${db.select({ n: count() }).from(posts)})` }).from(users),
  "common table expressions": (db) => {
    const recent = db.$with("recent").as(db.select().from(posts).where(gt(posts.id, 10)));
    return db.with(recent).select({ title: recent.title }).from(recent);
  },
  unions: (db) =>
    unionAll(
      db.select({ id: users.id }).from(users),
      union(db.select({ id: posts.id }).from(posts), db.select({ id: kinds.id }).from(kinds)),
    )
      .orderBy(sql`id`)
      .limit(3),
  "a view": (db) => db.select().from(adults),
  "a view that is there": (db) => db.select({ label: existing.label }).from(existing).where(eq(existing.id, 3)),
  "a prefix": (db) => db.select().from(prefixed).where(eq(prefixed.bodyText, "x")),
  "an insert": (db) =>
    db
      .insert(users)
      .values([{ name: "a" }, { name: "b", email: null, isAdmin: true }])
      .returning(),
  "an insert with defaults and SQL": (db) =>
    db.insert(oddities).values([{ loudName: "x" }, { amount: sql`1 + ${2}` }, { id: 4, changedAt: new Date(9_000) }]),
  "an insert with placeholders": (db) =>
    db.insert(users).values({ name: sql.placeholder("name"), isAdmin: sql.placeholder("isAdmin") }),
  "an insert of a select": (db) =>
    db.insert(posts).select(db.select({ id: users.id, title: users.name, userId: users.id }).from(users)),
  "an upsert": (db) =>
    db
      .insert(users)
      .values({ id: 1, name: "a" })
      .onConflictDoUpdate({
        target: [users.id, users.email],
        targetWhere: gt(users.id, 0),
        set: { name: sql`excluded.name`, isAdmin: true },
        setWhere: eq(users.name, "b"),
      }),
  "an insert that ignores": (db) => db.insert(users).values({ name: "a" }).onConflictDoNothing({ target: users.email }),
  "an insert of generated columns and defaults that are falsy": (db) =>
    db.insert(computed).values([{}, { label: undefined, n: 0 }]),
  "an update by placeholders": (db) =>
    db
      .update(users)
      .set({ name: sql`${sql.placeholder("name")}`, isAdmin: sql`${users.id} > 3` })
      .where(eq(users.id, sql.placeholder("id"))),
  "an update of what changes by itself": (db) => db.update(computed).set({ n: 1 }).where(gt(computed.id, 2)),
  "an update with an order": (db) => db.update(users).set({ name: "x" }).orderBy(users.id),
  "an update with a limit": (db) => db.update(users).set({ name: "x" }).limit(1),
  "an update with common table expressions": (db) => {
    const recent = db.$with("recent").as(db.select().from(posts).where(gt(posts.id, 10)));
    return db
      .with(recent)
      .update(users)
      .set({ name: "x" })
      .where(sql`id in (select id from ${recent})`);
  },
  "an insert with common table expressions": (db) => {
    const recent = db.$with("recent").as(db.select({ n: count() }).from(posts));
    return db
      .with(recent)
      .insert(users)
      .values({ name: sql`(select n from ${recent})` });
  },
  "an update": (db) => db.update(users).set({ name: "a", email: null, isAdmin: sql`not ${users.isAdmin}` }),
  "an update with all": (db) =>
    db
      .update(oddities)
      .set({ amount: 3 })
      .from(posts)
      .leftJoin(users, eq(users.id, posts.userId))
      .where(eq(oddities.id, posts.id))
      .orderBy(oddities.amount)
      .limit(2)
      .returning({ id: oddities.id, twice: sql<number>`${oddities.amount} * 2`.as("twice") }),
  "an update of nothing": (db) =>
    db.update(oddities).set({ amount: undefined, loudName: "x" }).where(eq(oddities.amount, 1)),
  "a column called constructor": (db) => db.select().from(constructors).where(eq(constructors.constructor, 1)),
  "a delete": (db) =>
    db.delete(users).where(eq(users.id, 3)).orderBy(users.name).limit(1).returning(getTableColumns(users)),
  "relational queries": (db) =>
    db.query.users.findMany({
      columns: { name: true },
      with: {
        posts: {
          with: { author: true },
          where: eq(posts.title, "x"),
          limit: sql.placeholder("most"),
          orderBy: desc(posts.id),
        },
      },
      where: (fields, { ne }) => ne(fields.name, "x"),
      extras: { loud: sql<string>`upper(${users.name})`.as("loud") },
    }),
  "a first row": (db) => db.query.posts.findFirst({ where: eq(posts.id, sql.placeholder("id")) }),
  "SQL of all kinds": (db) =>
    db
      .select({
        value: sql`${users} ${users.id} ${sql.identifier('x"y')} ${sql.raw("1")} ${[1, "a", null]} ${new Date(0)} ${Buffer.from("x")} ${undefined} ${7n} ${true} ${null} ${sql.param(3, users.id)} ${sql.empty()}`,
      })
      .from(users),
  "inlined parameters": (db) =>
    db
      .select({ value: sql`${1} ${"it's"} ${null} ${eq(users.name, "x")}`.inlineParams() })
      .from(users)
      .where(eq(users.id, 2)),
  "nested lists": (db) =>
    db
      .select()
      .from(users)
      .where(
        sql`(${users.id}, ${users.name}) in ${[
          [1, "a"],
          [2, "b"],
        ]}`,
      ),
};

test.each(Object.entries(queries))("%s has the same text and parameters as in Drizzle's own driver", (_, build) => {
  const { sql: expectedSql, params: expectedParams } = build(stock()).toSQL();
  const { sql: written, params } = build(ours()).toSQL();
  expect(written).toBe(expectedSql);
  expect(params).toStrictEqual(expectedParams);
});
