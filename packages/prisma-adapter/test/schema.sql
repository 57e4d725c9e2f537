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
CREATE TABLE "all articles" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "title" TEXT NOT NULL,
  "lang" TEXT NOT NULL,
  "at" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "authorId" INTEGER REFERENCES "Author" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
  "embedding" F32_BLOB(3),
  "exact" F64_BLOB(2),
  "half" F16_BLOB(2),
  "brain" FB16_BLOB(2),
  "8 bits" F8_BLOB(2),
  "signs" F1BIT_BLOB(8)
);
CREATE TABLE "Tile" (
  "x" INTEGER NOT NULL,
  "y" INTEGER NOT NULL,
  "code" TEXT NOT NULL,
  "distance" INTEGER NOT NULL DEFAULT 0,
  "look" F32_BLOB(2),
  PRIMARY KEY ("x", "y")
);
CREATE UNIQUE INDEX "Tile_code_key" ON "Tile"("code");
CREATE UNIQUE INDEX "Tile_code_x_key" ON "Tile"("code", "x");
CREATE TABLE "Term" ("slug" TEXT NOT NULL PRIMARY KEY, "meaning" F32_BLOB(2) NOT NULL DEFAULT x'0000000000000000');
