-- Prisma knows no vector indexes; what it does not know, later migrations keep
CREATE INDEX "books_about" ON "books" (libsql_vector_idx("about"));
