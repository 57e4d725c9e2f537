import { expect, test } from "vitest";
import { checkReferences } from "../src/safety/foreign-keys.ts";
import { findViolations } from "../src/safety/find-violations.ts";
import { scratchClient } from "./scratch.ts";

test("broken references are found by queries as the pragma finds them", async () => {
  const client = await scratchClient();
  const tx = await client.transaction("write", { foreignKeys: "off" });
  await tx.executeMultiple(`
    CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, UNIQUE (a, b));
    CREATE TABLE "odd ""name" (k TEXT PRIMARY KEY);
    INSERT INTO p VALUES (1, 'x', 1), (2, 'y', 2);
    INSERT INTO "odd ""name" VALUES ('k');
    CREATE TABLE implicit (p REFERENCES p);
    INSERT INTO implicit VALUES (1), (2), (3), (NULL), ('1');
    CREATE TABLE composite (a, b, FOREIGN KEY (a, b) REFERENCES p (a, b));
    INSERT INTO composite VALUES ('X', 1), ('x', 2), (NULL, 9), ('z', NULL);
    CREATE TABLE two (k REFERENCES "odd ""name", p REFERENCES p (id));
    INSERT INTO two VALUES ('k', 1), ('l', 9), ('K', NULL);
    CREATE TABLE lost (x REFERENCES nowhere (id));
    INSERT INTO lost VALUES (1), (NULL);
    CREATE TABLE itself (id INTEGER PRIMARY KEY, up REFERENCES itself (id));
    INSERT INTO itself VALUES (1, NULL), (2, 1), (3, 7);
  `);
  const byPragma = await checkReferences(tx, "libsql");
  const byQueries = await findViolations(tx);
  expect(byPragma.violations).toHaveLength(7);
  expect(new Set(byQueries.violations)).toEqual(new Set(byPragma.violations));
  await tx.executeMultiple(
    "CREATE TABLE bare (x); CREATE TABLE broken (x REFERENCES bare); INSERT INTO broken VALUES (1)",
  );
  expect((await checkReferences(tx, "libsql")).failure).toMatch(/mismatch/u);
  expect((await findViolations(tx)).failure).toMatch(/mismatch/u);
  await tx.rollback();
});
