import type { BatchStatement, Client, InValue } from "@litefleet/driver";
import { describe, expect, it } from "vitest";
import { readPlainInsert } from "../src/sql/plain-insert.ts";
import { parseStatement } from "../src/sql/parse.ts";
import { localEngines, openFile, scratchFile } from "./local-fixture.ts";

/** Long enough that inserts of one text are run together. */
const count = 200;

interface Case {
  readonly schema: string;
  readonly sql: string;
  readonly args: (i: number) => InValue[];
}

const numbered = (i: number): InValue[] => [i, `row ${i}`];

const cases: Readonly<Record<string, Case>> = {
  "a table without a key": { schema: "CREATE TABLE t (a, b)", sql: "INSERT INTO t VALUES (?, ?)", args: numbered },
  "rows that are there already": {
    schema: "CREATE TABLE t (a, b); INSERT INTO t (rowid, a) VALUES (-7, 1), (500, 2)",
    sql: "INSERT INTO t (b, a) VALUES (?, ?);",
    args: numbered,
  },
  "keys that are given": {
    schema: "CREATE TABLE t (a TEXT, id INTEGER PRIMARY KEY, b)",
    sql: "INSERT INTO t VALUES (?, ?, 'x' || ?)",
    args: (i) => [`a${i}`, (i * 7_919) % 1_009, i],
  },
  "keys that are given as bigint, by name": {
    schema: `CREATE TABLE t (a TEXT, "the Id" INTEGER PRIMARY KEY)`,
    sql: `insert into [T] ("THE id", a) values (?, ?)`,
    args: (i) => [2n ** 62n - BigInt(i), "x"],
  },
  "keys that are given now and then": {
    schema: "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [i % 50 === 3 ? i * 10 : null, i],
  },
  "keys that are text": {
    schema: "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [String(i + 5), i],
  },
  "a key that is left out": {
    schema: "CREATE TABLE t (a, id INTEGER PRIMARY KEY AUTOINCREMENT, b)",
    sql: "INSERT INTO t (b, a) VALUES (?, ?)",
    args: numbered,
  },
  "the largest rowids": {
    schema: "CREATE TABLE t (a, b); INSERT INTO t (rowid, a) VALUES (9223372036854775500, 1)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: numbered,
  },
  "rowids by their own name": {
    schema: "CREATE TABLE t (a, b)",
    sql: "INSERT INTO t (oid, b) VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "a column that is called rowid": {
    schema: "CREATE TABLE t (rowid TEXT, b)",
    sql: "INSERT INTO t (rowid, b) VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "a descending key, which is no rowid": {
    schema: "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "a key of text": {
    schema: "CREATE TABLE t (id TEXT PRIMARY KEY, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [`k${i}`, i],
  },
  "a key of two columns": {
    schema: "CREATE TABLE t (id INTEGER, b INTEGER, PRIMARY KEY (id, b))",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "no rowids": {
    schema: "CREATE TABLE t (id INTEGER PRIMARY KEY, b) WITHOUT ROWID",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "generated columns": {
    schema: "CREATE TABLE t (g AS (id + 1), id INTEGER PRIMARY KEY, s AS (b || '!') STORED, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "a trigger that writes elsewhere": {
    schema:
      "CREATE TABLE t (a, b); CREATE TABLE log (x); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); END",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: numbered,
  },
  "a trigger that passes over rows": {
    schema:
      "CREATE TABLE t (a, b); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a % 3 = 0 BEGIN SELECT RAISE(IGNORE); END",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: numbered,
  },
  "a trigger of the session": {
    schema:
      "CREATE TABLE t (a, b); CREATE TEMP TRIGGER g BEFORE INSERT ON main.t WHEN new.a % 3 = 0 BEGIN SELECT RAISE(IGNORE); END",
    sql: "INSERT INTO T VALUES (?, ?)",
    args: numbered,
  },
  "a view": {
    schema:
      "CREATE TABLE u (a, b); CREATE VIEW t AS SELECT a, b FROM u; CREATE TRIGGER g INSTEAD OF INSERT ON t BEGIN INSERT INTO u VALUES (new.a, 1), (new.b, 2); END",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: numbered,
  },
  "a temporary table": {
    schema: "CREATE TABLE t (a INTEGER PRIMARY KEY, b); CREATE TEMP TABLE t (a, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [1_000 - i, i],
  },
  "a conflict that the table settles": {
    schema: "CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [i % 20, i],
  },
  "a conflict that the statement settles": {
    schema: "CREATE TABLE t (a UNIQUE, b)",
    sql: "INSERT OR IGNORE INTO t VALUES (?, ?)",
    args: (i) => [i % 20, i],
  },
  "an upsert": {
    schema: "CREATE TABLE t (a UNIQUE, b)",
    sql: "INSERT INTO t VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    args: (i) => [i % 20, i],
  },
  "several rows at once": {
    schema: "CREATE TABLE t (a, b)",
    sql: "INSERT INTO t VALUES (?, 1), (?, 2)",
    args: numbered,
  },
  "rows of a query": { schema: "CREATE TABLE t (a, b)", sql: "INSERT INTO t SELECT ?, ?", args: numbered },
  "values that look at the table": {
    schema: "CREATE TABLE t (a, b)",
    sql: "INSERT INTO t VALUES ((SELECT count(*) FROM t) + ?, (?))",
    args: numbered,
  },
  "a full-text index": {
    schema: "CREATE VIRTUAL TABLE t USING fts5 (a, b)",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [`word${i}`, "more"],
  },
  "a strict table": {
    schema: "CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT) STRICT",
    sql: "INSERT INTO t VALUES (?, ?)",
    args: (i) => [i * 2, "x"],
  },
};

/** A client whose session, too, stays on one connection. */
const open = async (engine: "libsql" | "sqlite", schema: string): Promise<Client> => {
  const client = openFile(":memory:", { engine, intMode: "bigint" });
  await client.executeMultiple(schema);
  return client;
};

const contents = async (client: Client): Promise<unknown> => {
  const results = await client.batch(
    ["SELECT * FROM t", "SELECT name, sql FROM sqlite_schema WHERE type IN ('table', 'view')"],
    "read",
  );
  return results.map(({ rows }) => rows.map((row) => Object.values(row)));
};

describe.each(localEngines)("a batch of many inserts on %s", (engine) => {
  it.each(Object.keys(cases))("tells of each what it would tell alone: %s", async (name) => {
    const { schema, sql, args } = cases[name]!;
    const together = await open(engine, schema);
    const alone = await open(engine, schema);
    const statements = Array.from({ length: count }, (_, i) => ({ sql, args: args(i) }));
    const results = await together.batch(statements, "write");
    const expected = await alone.transaction(async (tx) => {
      const each = [];
      for (const statement of statements) each.push(await tx.execute(statement));
      return each;
    });
    const told = (sets: typeof results) =>
      sets.map(({ rowsAffected, lastInsertRowid }) => [rowsAffected, lastInsertRowid]);
    expect(told(results)).toEqual(told(expected));
    expect(results.every(({ columns, rows }) => columns.length === 0 && rows.length === 0)).toBe(true);
    expect(await contents(together)).toEqual(await contents(alone));
  });

  it("tells the rowids that SQLite picks by chance once the largest is taken", async () => {
    const client = await open(engine, "CREATE TABLE t (a); INSERT INTO t (rowid, a) VALUES (9223372036854775700, -1)");
    const statements = Array.from({ length: count }, (_, i) => ({ sql: "INSERT INTO t VALUES (?)", args: [i] }));
    const results = await client.batch(statements, "write");
    const { rows } = await client.execute("SELECT rowid FROM t WHERE a >= 0 ORDER BY a");
    expect(results.map(({ lastInsertRowid }) => lastInsertRowid)).toEqual(rows.map((row) => row["rowid"]));
  });

  it("says which statement failed, and leaves nothing of the batch", async () => {
    const client = openFile(scratchFile(), { engine });
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)");
    for (const bad of [0, 1, 2, 100, count - 1]) {
      const statements = Array.from({ length: count }, (_, i) => ({
        sql: "INSERT INTO t (a) VALUES (?)",
        args: [i === bad ? -1 : i],
      }));
      const before: BatchStatement = "INSERT INTO t (a) VALUES (-1)";
      await expect(client.batch([before, ...statements], "write")).rejects.toMatchObject({
        code: "SQLITE_CONSTRAINT",
        extendedCode: "SQLITE_CONSTRAINT_UNIQUE",
        statementIndex: bad + 1,
      });
      expect((await client.execute("SELECT * FROM t")).rows).toEqual([]);
    }
    const good = Array.from({ length: count }, (_, i) => ({ sql: "INSERT INTO t (a) VALUES (?)", args: [i] }));
    await client.batch(good, "write");
    expect((await client.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"]).toBe(count);
  });

  it("keeps what came before a failure in the transaction around it, as statements one by one do", async () => {
    const client = openFile(scratchFile(), { engine });
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)");
    const tx = await client.transaction("write");
    const statements = Array.from({ length: count }, (_, i) => ({
      sql: "INSERT INTO t (a) VALUES (?)",
      args: [i === 150 ? 0 : i],
    }));
    await expect(tx.batch(statements)).rejects.toMatchObject({ statementIndex: 150 });
    await tx.commit();
    expect((await client.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"]).toBe(150);
  });

  it("takes a table as the batch itself makes it", async () => {
    const client = openFile(scratchFile(), { engine });
    const inserts = Array.from({ length: count }, (_, i) => ({ sql: "INSERT INTO t VALUES (?)", args: [i] }));
    const results = await client.batch(
      [
        "CREATE TABLE t (a)",
        ...inserts,
        "CREATE TRIGGER g BEFORE INSERT ON t WHEN new.a < 100 BEGIN SELECT RAISE(IGNORE); END",
        ...inserts,
        "DROP TABLE t",
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        ...inserts,
      ],
      "write",
    );
    const affected = results.map(({ rowsAffected }) => rowsAffected);
    expect(affected.reduce((sum, n) => sum + n, 0)).toBe(count + (count - 100) + count);
    expect(results.at(-1)?.lastInsertRowid).toBe(BigInt(count - 1));
  });
});

describe("a plain insert", () => {
  it.each([
    ["INSERT INTO t VALUES (?, 1, ?)", { table: "t", columns: undefined, values: [0, undefined, 1] }],
    [
      'insert into "a ""b""" (x, [y z], `w`) values (f(?, (?)), ?, -?);',
      { table: 'a "b"', columns: ["x", "y z", "w"], values: [undefined, 2, undefined] },
    ],
    ["INSERT INTO t VALUES (?) -- the end", { table: "t", columns: undefined, values: [0] }],
  ])("is read: %s", (sql, expected) => {
    expect(readPlainInsert(sql, parseStatement(sql))).toEqual(expected);
  });

  it.each([
    "INSERT OR REPLACE INTO t VALUES (?)",
    "REPLACE INTO t VALUES (?)",
    "INSERT INTO main.t VALUES (?)",
    "INSERT INTO t AS u VALUES (?)",
    "INSERT INTO t DEFAULT VALUES",
    "INSERT INTO t SELECT ?",
    "INSERT INTO t VALUES (?), (?)",
    "INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES (?) RETURNING 1",
    "INSERT INTO t VALUES (:a)",
    "INSERT INTO t VALUES (?1)",
    "WITH x AS (SELECT 1) INSERT INTO t VALUES (?)",
    "INSERT INTO 't' VALUES (?)",
    "UPDATE t SET a = ?",
  ])("is none: %s", (sql) => {
    expect(readPlainInsert(sql, parseStatement(sql))).toBeUndefined();
  });
});
