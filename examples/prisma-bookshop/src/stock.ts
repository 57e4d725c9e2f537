// Puts books on sale if there are none, and says what there is. The schema is Prisma's; an application would use its client.
import { createClient, vector } from "@litefleet/driver";

await using client = createClient({ url: process.env["DATABASE_URL"] ?? "file:bookshop.db" });
const { rows } = await client.execute('SELECT count(*) AS n FROM "Author"');
if (rows[0]?.["n"] === 0) {
  await client.batch(
    [
      `INSERT INTO "Author" ("name") VALUES ('Hedda'), ('Ilse')`,
      {
        sql: `INSERT INTO "books" ("title", "authorId", "about") VALUES ('Tides', 1, ?), ('Wind', 1, ?), ('Bread', 2, ?)`,
        args: [vector([1, 0, 0.1]), vector([0.9, 0.2, 0]), vector([0, 1, 0])],
      },
    ],
    "write",
  );
}
const { rows: books } = await client.execute(
  `SELECT "title", "name" FROM "books" JOIN "Author" ON "Author"."id" = "authorId" ORDER BY "title"`,
);
for (const { title, name } of books) console.log(`${String(title)} by ${String(name)}`);
const { rows: near } = await client.execute({
  sql: `SELECT "title" FROM vector_top_k('books_about', ?, 1) AS found JOIN "books" ON "books"."id" = found.id`,
  args: [vector([0, 0.9, 0.1])],
});
console.log(`about baking: ${near.map(({ title }) => String(title)).join(", ")}`);
