import { relations, sql } from "drizzle-orm";
import { blob, customType, integer, numeric, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

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

export const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
export const postsRelations = relations(posts, ({ one }) => ({
  author: one(users, { fields: [posts.userId], references: [users.id] }),
}));

/** A column whose decoder takes what the adapter promises for a blob: a Buffer. */
const hexBytes = customType<{ data: string; driverData: Buffer }>({
  dataType: () => "blob",
  toDriver: (hex) => Buffer.from(hex, "hex"),
  fromDriver: (bytes) => bytes.toString("hex"),
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
  hex: hexBytes("hex"),
});

/** What creates the tables. */
export const ddl = [
  sql`create table users (id integer primary key autoincrement, name text not null, email text unique, is_admin integer not null default 0)`,
  sql`create table posts (id integer primary key, title text not null, user_id integer not null references users (id))`,
  sql`create table kinds (id integer primary key, flag integer, seconds integer, milliseconds integer, ratio real,
    price numeric, list text, bytes blob, document blob, large blob, hex blob)`,
];
