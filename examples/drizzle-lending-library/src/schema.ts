import { f32Vector, vectorIndex } from "@litefleet/drizzle-adapter";
import { relations, sql } from "drizzle-orm";
import { check, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const books = sqliteTable(
  "books",
  {
    id: integer().primaryKey(),
    title: text().notNull(),
    copies: integer().notNull(),
    shelf: text(),
    embedding: f32Vector("embedding", { dimensions: 3 }).notNull(),
  },
  (table) => [
    check("copies", sql`${table.copies} >= 0`),
    vectorIndex("books_embedding").on(table.embedding, { metric: "cosine", preset: "exact-recall" }),
  ],
);

export const members = sqliteTable("members", { id: integer().primaryKey(), name: text().notNull().unique() });

export const loans = sqliteTable("loans", {
  id: integer().primaryKey(),
  bookId: integer("book_id")
    .notNull()
    .references(() => books.id),
  memberId: integer("member_id")
    .notNull()
    .references(() => members.id),
});

export const booksRelations = relations(books, ({ many }) => ({ loans: many(loans) }));
export const membersRelations = relations(members, ({ many }) => ({ loans: many(loans) }));
export const loansRelations = relations(loans, ({ one }) => ({
  book: one(books, { fields: [loans.bookId], references: [books.id] }),
  member: one(members, { fields: [loans.memberId], references: [members.id] }),
}));
