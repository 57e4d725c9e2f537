CREATE TABLE "Author" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "email" TEXT NOT NULL,
  "name" TEXT
);
CREATE UNIQUE INDEX "Author_email_key" ON "Author"("email");
CREATE TABLE "Book" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "pages" INTEGER NOT NULL DEFAULT 0 CHECK ("pages" >= 0),
  "authorId" INTEGER NOT NULL,
  CONSTRAINT "Book_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "Author" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE "Tag" ("name" TEXT NOT NULL PRIMARY KEY);
CREATE TABLE "_BookToTag" (
  "A" INTEGER NOT NULL REFERENCES "Book" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "B" TEXT NOT NULL REFERENCES "Tag" ("name") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "_BookToTag_AB_unique" ON "_BookToTag"("A", "B");
-- "exact" is a Decimal that someone made a TEXT column by hand, to keep every digit.
CREATE TABLE "Sample" (
  "id" INTEGER NOT NULL PRIMARY KEY,
  "int" INTEGER,
  "big" BIGINT,
  "real" REAL,
  "decimal" DECIMAL,
  "exact" TEXT,
  "flag" BOOLEAN,
  "at" DATETIME,
  "made" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "json" JSONB,
  "bytes" BLOB,
  "color" TEXT
);
CREATE TABLE "Cell" ("row" INTEGER NOT NULL, "col" INTEGER NOT NULL, PRIMARY KEY ("row", "col"));
CREATE TABLE "Mark" (
  "id" INTEGER NOT NULL PRIMARY KEY,
  "row" INTEGER NOT NULL,
  "col" INTEGER NOT NULL,
  "text" TEXT NOT NULL,
  FOREIGN KEY ("row", "col") REFERENCES "Cell" ("row", "col") ON DELETE RESTRICT ON UPDATE CASCADE
);
