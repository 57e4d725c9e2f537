-- CreateTable
CREATE TABLE "Recipe" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "title" TEXT NOT NULL,
    "minutes" INTEGER NOT NULL,
    "taste" F32_BLOB(3)
);

-- CreateTable
CREATE TABLE "Ingredient" (
    "recipeId" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "grams" INTEGER NOT NULL,

    PRIMARY KEY ("recipeId", "name"),
    CONSTRAINT "Ingredient_recipeId_fkey" FOREIGN KEY ("recipeId") REFERENCES "Recipe" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Stock" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "grams" INTEGER NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "Recipe_title_key" ON "Recipe"("title");
