import { describe, expect, test } from "vitest";
import { createClient, LibsqlError } from "@litefleet/driver";

const schema = `
  CREATE TABLE "Author" ("Id" INTEGER PRIMARY KEY, "eMail" TEXT NOT NULL UNIQUE, "First" INT, "Last" INT, UNIQUE ("First", "Last"));
  CREATE TABLE "In, two.Parts" ("a b" INT UNIQUE);
  CREATE TABLE plain (id INTEGER PRIMARY KEY);
  CREATE TABLE child (ref TEXT REFERENCES "Author" ("eMail") ON DELETE NO ACTION);
  INSERT INTO "Author" VALUES (1, 'x', 1, 1);
  INSERT INTO child VALUES ('x');
  INSERT INTO "In, two.Parts" VALUES (1);
  INSERT INTO plain VALUES (1);
`;

async function messageOf(engine: "libsql" | "turso", sql: string): Promise<string> {
  await using client = createClient({ url: ":memory:", engine });
  await client.executeMultiple(schema);
  try {
    await client.execute(sql);
  } catch (error) {
    if (error instanceof LibsqlError) return error.message;
    throw error;
  }
  throw new Error("Expected an error");
}

describe("names in the errors of Turso are spelled as in those of SQLite", () => {
  test.each([
    `INSERT INTO "Author" VALUES (1, 'y', 2, 2)`,
    `INSERT INTO author VALUES (2, 'x', 2, 2)`,
    `INSERT INTO "Author" VALUES (2, 'y', 1, 1)`,
    `UPDATE "Author" SET "eMail" = NULL`,
    `INSERT INTO "In, two.Parts" VALUES (1)`,
    `INSERT INTO plain VALUES (1)`,
    `UPDATE child SET ref = 'none'`,
    `DELETE FROM "Author"`,
    `SELECT * FROM "Nowhere"`,
    `SELECT "Nothing" + 1 FROM [NoWhere]`,
    `INSERT INTO "Author" ("Nothing") VALUES (1)`,
  ])("%s", async (sql) => {
    expect(await messageOf("turso", sql)).toBe(await messageOf("libsql", sql));
  });
});
