import { expect, test } from "vitest";
import { readEffect } from "../src/sql/effect.ts";
import type { Effect } from "../src/sql/effect.ts";

const unfiltered = (...from: string[]) => ({ from, isFiltered: false });
const filtered = (...from: string[]) => ({ from, isFiltered: true });

const rows: readonly (readonly [string, Effect])[] = [
  ["CREATE TABLE a (x)", { kind: "create", table: "a", ifNotExists: false, copy: undefined }],
  ["create table if not exists main.`a b` (x)", { kind: "create", table: "a b", ifNotExists: true, copy: undefined }],
  ["CREATE TABLE a AS SELECT * FROM b", { kind: "create", table: "a", ifNotExists: false, copy: unfiltered("b") }],
  ["CREATE TEMP TABLE a (x)", { kind: "neutral" }],
  ["CREATE VIRTUAL TABLE a USING fts5(x)", { kind: "neutral" }],
  ["CREATE UNIQUE INDEX i ON a (x)", { kind: "neutral" }],
  ["CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END", { kind: "neutral" }],
  ['DROP TABLE IF EXISTS "we""ird"', { kind: "drop", table: 'we"ird' }],
  ["DROP VIEW v", { kind: "neutral" }],
  ["ALTER TABLE [a] RENAME TO 'b'", { kind: "rename", table: "a", to: "b" }],
  ["ALTER TABLE a RENAME COLUMN x TO y", { kind: "neutral" }],
  ["ALTER TABLE a RENAME x TO y", { kind: "neutral" }],
  ["ALTER TABLE a ADD x REFERENCES b", { kind: "add-column", table: "a" }],
  ["ALTER TABLE a DROP COLUMN x", { kind: "drop-column", table: "a" }],
  ["DELETE FROM a WHERE x = 'DROP TABLE b'", { kind: "delete", table: "a" }],
  ["WITH old AS (SELECT id FROM b) DELETE FROM a WHERE id IN old", { kind: "delete", table: "a" }],
  ["UPDATE OR IGNORE a SET x = 1", { kind: "update", table: "a" }],
  ["INSERT INTO a (x) VALUES ('SELECT 1 FROM b')", { kind: "insert", table: "a", copy: undefined }],
  ["INSERT INTO a DEFAULT VALUES", { kind: "insert", table: "a", copy: undefined }],
  ["REPLACE INTO a SELECT * FROM b", { kind: "insert", table: "a", copy: unfiltered("b") }],
  [
    "INSERT OR REPLACE INTO a SELECT * FROM main.b AS c ORDER BY x, y",
    { kind: "insert", table: "a", copy: unfiltered("b") },
  ],
  ["INSERT INTO a SELECT * FROM b -- WHERE nothing\n", { kind: "insert", table: "a", copy: unfiltered("b") }],
  [
    "INSERT INTO a SELECT (SELECT max(y) FROM c WHERE c.x = b.x) FROM b",
    { kind: "insert", table: "a", copy: unfiltered("b") },
  ],
  [
    "INSERT INTO a SELECT * FROM b LEFT JOIN c ON b.x = c.x",
    { kind: "insert", table: "a", copy: unfiltered("b", "c") },
  ],
  [
    "INSERT INTO a SELECT * FROM b UNION ALL SELECT * FROM c",
    { kind: "insert", table: "a", copy: unfiltered("b", "c") },
  ],
  ["INSERT INTO a SELECT * FROM b UNION SELECT * FROM c", { kind: "insert", table: "a", copy: filtered("b", "c") }],
  ["INSERT INTO a SELECT * FROM b WHERE x > 0", { kind: "insert", table: "a", copy: filtered("b") }],
  ["INSERT INTO a SELECT DISTINCT x FROM b", { kind: "insert", table: "a", copy: filtered("b") }],
  ["INSERT INTO a SELECT x, count(*) FROM b GROUP BY x", { kind: "insert", table: "a", copy: filtered("b") }],
  ["INSERT INTO a SELECT * FROM b LIMIT 5", { kind: "insert", table: "a", copy: filtered("b") }],
  ["INSERT INTO a SELECT * FROM b JOIN c USING (x)", { kind: "insert", table: "a", copy: filtered("b", "c") }],
  ["INSERT INTO a SELECT * FROM (SELECT * FROM b WHERE x)", { kind: "insert", table: "a", copy: filtered("b") }],
  [
    "INSERT INTO a WITH k AS (SELECT * FROM b WHERE x) SELECT * FROM k",
    { kind: "insert", table: "a", copy: filtered("b", "k") },
  ],
  ["SELECT 1", { kind: "neutral" }],
  ["PRAGMA user_version = 3", { kind: "neutral" }],
  ["SOMETHING ELSE", { kind: "unknown" }],
];

test.each(rows)("%s", (sql, effect) => {
  expect(readEffect(sql)).toEqual(effect);
});
