import { defineRelations, sql } from "drizzle-orm-v1";
import { blob, integer, numeric, real, sqliteTable, text } from "drizzle-orm-v1/sqlite-core";

export const users = sqliteTable("users", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  name: text("name").notNull(),
  email: text("email").unique(),
  isAdmin: integer("is_admin", { mode: "boolean" }).notNull().default(false),
});

export const posts = sqliteTable("posts", {
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  userId: integer("user_id")
    .notNull()
    .references(() => users.id),
});

export const kinds = sqliteTable("kinds", {
  id: integer("id").primaryKey(),
  flag: integer("flag", { mode: "boolean" }),
  seconds: integer("seconds", { mode: "timestamp" }),
  milliseconds: integer("milliseconds", { mode: "timestamp_ms" }),
  ratio: real("ratio"),
  price: numeric("price"),
  list: text("list", { mode: "json" }).$type<string[]>(),
  bytes: blob("bytes", { mode: "buffer" }),
  document: blob("document", { mode: "json" }).$type<{ tags: string[] }>(),
  large: blob("large", { mode: "bigint" }),
  userId: integer("user_id"),
});

export const relations = defineRelations({ users, posts, kinds }, (r) => ({
  users: { posts: r.many.posts(), kinds: r.many.kinds() },
  posts: { author: r.one.users({ from: r.posts.userId, to: r.users.id, optional: false }) },
  kinds: { user: r.one.users({ from: r.kinds.userId, to: r.users.id }) },
}));

/** What creates the tables. */
export const ddl = [
  sql`create table users (id integer primary key autoincrement, name text not null, email text unique, is_admin integer not null default 0)`,
  sql`create table posts (id integer primary key, title text not null, user_id integer not null references users (id))`,
  sql`create table kinds (id integer primary key, flag integer, seconds integer, milliseconds integer, ratio real,
    price numeric, list text, bytes blob, document blob, large blob, user_id integer)`,
];
