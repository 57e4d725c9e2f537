import { describe, expect, it } from "vitest";
import type { Value } from "@libsql/core/api";
import type { Engine } from "../src/engine.ts";
import { LibsqlBatchError } from "../src/errors.ts";
import { bound, expectCode, openEngine, rows, run } from "./turso-fixture.ts";

/** Where the same must hold: a file in MVCC mode and memory without it. */
const places: readonly [string, () => Engine][] = [
  ["a file", () => openEngine()],
  ["memory", () => openEngine({ path: ":memory:" })],
];

describe.each(places)("statements on %s", (_, open) => {
  it("creates, inserts, reads, changes and deletes", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    expect(await run(engine, "INSERT INTO t (name) VALUES (?), (?)", ["a", "b"])).toMatchObject({
      columns: [],
      rows: [],
      rowsAffected: 2,
      lastInsertRowid: 2n,
    });
    expect(await run(engine, "SELECT id, name, id + 1 AS next FROM t ORDER BY id")).toEqual({
      columns: ["id", "name", "next"],
      columnTypes: ["INTEGER", "TEXT", ""],
      rows: [
        [1, "a", 2],
        [2, "b", 3],
      ],
      rowsAffected: 0,
      lastInsertRowid: undefined,
    });
    expect((await run(engine, "UPDATE t SET name = 'c' WHERE id > ?", [1])).rowsAffected).toBe(1);
    expect((await run(engine, "UPDATE t SET name = 'c' WHERE id > ?", [9])).rowsAffected).toBe(0);
    expect((await run(engine, "DELETE FROM t")).rowsAffected).toBe(2);
    expect(await rows(engine, "SELECT count(*) FROM t")).toEqual([[0]]);
  });

  it("reports the rows and the rowid of RETURNING", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n)");
    expect(await run(engine, "INSERT INTO t (n) VALUES (7), (8) RETURNING id, n * 2 AS double")).toMatchObject({
      columns: ["id", "double"],
      rows: [
        [1, 14],
        [2, 16],
      ],
      rowsAffected: 2,
      lastInsertRowid: 2n,
    });
  });

  it("tells a rowid beyond 2^53 to the last digit", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n)");
    const rowid = 2n ** 60n + 1n;
    expect((await run(engine, "INSERT INTO t VALUES (?, 1)", [rowid])).lastInsertRowid).toBe(rowid);
    expect((await run(engine, "INSERT INTO t VALUES (?, 1) RETURNING n", [rowid + 1n])).lastInsertRowid).toBe(
      rowid + 1n,
    );
  });

  it.each<[string, Value, Value]>([
    ["null", null, null],
    ["text with NUL and an emoji", "a\0b 🚀", "a\0b 🚀"],
    ["an integer", 42, 42],
    ["a real", -1.5, -1.5],
    ["a large real", 1e300, 1e300],
    ["2^63", 2 ** 63, 2 ** 63],
    ["the largest integer", 2n ** 63n - 1n, 2n ** 63n - 1n],
    ["the smallest integer", -(2n ** 63n), -(2n ** 63n)],
  ])("keeps %s", async (__, value, expected) => {
    const engine = open();
    await run(engine, "CREATE TABLE t (x)");
    await run(engine, "INSERT INTO t VALUES (?)", [value]);
    expect((await run(engine, "SELECT x FROM t", [], "auto")).rows).toEqual([[expected]]);
  });

  it.each([0, 1, 1_000, 100_000])("keeps a blob of %i bytes, as an ArrayBuffer of its own", async (length) => {
    const engine = open();
    const bytes = Uint8Array.from({ length: length + 2 }, (__, i) => i % 251).subarray(1, length + 1);
    await run(engine, "CREATE TABLE t (x BLOB)");
    await run(engine, "INSERT INTO t VALUES (?)", [bytes]);
    const [[value, kind] = []] = await rows(engine, "SELECT x, typeof(x) FROM t WHERE x = ?", [bytes]);
    expect(kind).toBe("blob");
    expect(value).toBeInstanceOf(ArrayBuffer);
    expect(value instanceof ArrayBuffer && new Uint8Array(value)).toEqual(new Uint8Array(bytes));
  });

  it("takes numbers as reals and bigints as integers, also in turns", async () => {
    const engine = open();
    const kinds = async (a: Value, b: Value): Promise<unknown> => rows(engine, "SELECT typeof(?), typeof(?2)", [a, b]);
    expect(await kinds(1, 1n)).toEqual([["real", "integer"]]);
    expect(await kinds(1n, 1)).toEqual([["integer", "real"]]);
    expect(await kinds("1", null)).toEqual([["text", "null"]]);
    expect(await kinds(1, 1n)).toEqual([["real", "integer"]]);
    expect((await run(engine, "SELECT ?", [1])).columns).toEqual(["?"]);
  });

  it("finds rows by number through the primary key and through an index", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER UNIQUE, s TEXT)");
    await run(engine, "INSERT INTO t VALUES (?, ?, ?)", [7, 70, "x"]);
    expect(await rows(engine, "SELECT s, typeof(id), typeof(n) FROM t WHERE id = ? AND n = ?", [7, 70])).toEqual([
      ["x", "integer", "integer"],
    ]);
    const plan = await rows(engine, "EXPLAIN QUERY PLAN SELECT s FROM t WHERE id = ?", [7]);
    expect(String(plan[0]?.at(-1))).toContain("SEARCH");
    expect(await rows(engine, "SELECT id FROM t LIMIT ? OFFSET ?", [1, 0])).toEqual([[7]]);
  });

  it("reads integers in every mode", async () => {
    const engine = open();
    const sql = "SELECT 5, 9007199254740993, 1.5";
    expect((await run(engine, sql, [], "bigint")).rows).toEqual([[5n, 9007199254740993n, 1.5]]);
    expect((await run(engine, sql, [], "string")).rows).toEqual([["5", "9007199254740993", 1.5]]);
    expect((await run(engine, sql, [], "auto")).rows).toEqual([[5, 9007199254740993n, 1.5]]);
    await expect((async () => run(engine, sql, [], "number"))()).rejects.toThrow(RangeError);
    expect((await run(engine, "SELECT 1e17", [], "number")).rows).toEqual([[1e17]]);
  });

  it("takes arguments by name and by number, with gaps", async () => {
    const engine = open();
    expect(await rows(engine, "SELECT :a, @b, $c, :a", { a: 1, b: "b", c: null })).toEqual([[1, "b", null, 1]]);
    expect(await rows(engine, "SELECT ?3, ?, :x", [0, 0, "three", "four", "five"])).toEqual([
      ["three", "four", "five"],
    ]);
  });

  it("runs one statement again with other arguments, and after it failed", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const insert = async (id: number): Promise<unknown> => run(engine, "INSERT INTO t VALUES (?)", [id]);
    await insert(1);
    await expectCode(() => insert(1), "SQLITE_CONSTRAINT");
    await insert(2);
    expect(await rows(engine, "SELECT id FROM t")).toEqual([[1], [2]]);
  });

  it("keeps few statements compiled, and runs those that it dropped", async () => {
    const engine = openEngine({ path: ":memory:", statementCacheSize: 2 });
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 50; n += 1) expect(await rows(engine, `SELECT ${n}, ?`, [n])).toEqual([[n, n]]);
    }
  });

  it("sees a table's new shape at once", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (a)");
    await run(engine, "INSERT INTO t VALUES (1)");
    expect((await run(engine, "SELECT * FROM t WHERE a = ?", [1])).columns).toEqual(["a"]);
    await run(engine, "ALTER TABLE t ADD COLUMN b DEFAULT 2");
    expect(await run(engine, "SELECT * FROM t WHERE a = ?", [1])).toMatchObject({
      columns: ["a", "b"],
      rows: [[1, 2]],
    });
  });

  it("tells constraints apart by SQLite's numbers", async () => {
    const engine = open();
    await engine.script(
      `CREATE TABLE p (id INTEGER PRIMARY KEY);
       CREATE TABLE k (a TEXT, b TEXT, c TEXT UNIQUE, PRIMARY KEY (a, b), UNIQUE (b, c));
       CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK (c > 0), p REFERENCES p(id));
       INSERT INTO k VALUES ('a', 'b', 'c'); INSERT INTO t VALUES (1, 1, 1, 1, NULL);`,
      {},
    );
    const failures: [sql: string, rawCode: number, extendedCode: string, text: string][] = [
      ["INSERT INTO t VALUES (1, 2, 1, 1, NULL)", 1555, "SQLITE_CONSTRAINT_PRIMARYKEY", "t.id"],
      ["INSERT INTO k VALUES ('a', 'b', 'd')", 1555, "SQLITE_CONSTRAINT_PRIMARYKEY", "k.a, k.b"],
      ["INSERT INTO k VALUES ('x', 'y', 'c')", 2067, "SQLITE_CONSTRAINT_UNIQUE", "k.c"],
      ["INSERT INTO t VALUES (2, 1, 1, 1, NULL)", 2067, "SQLITE_CONSTRAINT_UNIQUE", "t.u"],
      ["INSERT INTO t VALUES (2, 2, NULL, 1, NULL)", 1299, "SQLITE_CONSTRAINT_NOTNULL", "t.n"],
      ["INSERT INTO t VALUES (2, 2, 1, 0, NULL)", 275, "SQLITE_CONSTRAINT_CHECK", "c > 0"],
      ["INSERT INTO t VALUES (2, 2, 1, 1, 9)", 787, "SQLITE_CONSTRAINT_FOREIGNKEY", "FOREIGN KEY"],
    ];
    for (const [sql, rawCode, extendedCode, text] of failures) {
      const error = await expectCode(async () => run(engine, sql), "SQLITE_CONSTRAINT");
      expect(error).toMatchObject({ rawCode, extendedCode });
      expect(error.message).toContain(text);
    }
    expect(await rows(engine, "SELECT count(*) FROM t")).toEqual([[1]]);
  });

  it("fails what it cannot do with UNSUPPORTED, and wrong SQL with SQLITE_ERROR", async () => {
    const engine = open();
    const query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n";
    await expectCode(async () => run(engine, query), "UNSUPPORTED");
    await expectCode(async () => run(engine, "CREATE VIRTUAL TABLE f USING fts5(x)"), "UNSUPPORTED");
    await expectCode(async () => run(engine, "SELECT lag(1) OVER ()"), "UNSUPPORTED");
    expect(await expectCode(async () => run(engine, "SELECT * FROM nope"), "SQLITE_ERROR")).toMatchObject({
      rawCode: 1,
    });
    await expectCode(async () => engine.sync(), "UNSUPPORTED");
  });

  it("measures vectors", async () => {
    const engine = open();
    const far = new Float32Array([0, 1]);
    const distance = await rows(engine, "SELECT vector_distance_cos(vector32('[1,0]'), ?)", [
      new Uint8Array(far.buffer),
    ]);
    expect(distance[0]?.[0]).toBeCloseTo(1, 6);
  });

  it("runs a script, triggers and all, and stops where it fails", async () => {
    const engine = open();
    await engine.script(
      `CREATE TABLE t (a); CREATE TABLE log (b);
       CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a || ';'); END;
       BEGIN; INSERT INTO t VALUES ('x'); INSERT INTO t VALUES ('y'); COMMIT; -- done`,
      {},
    );
    expect(await rows(engine, "SELECT b FROM log")).toEqual([["x;"], ["y;"]]);
    await expectCode(
      async () => engine.script("INSERT INTO t VALUES ('z'); BEGIN; DELETE FROM t; nonsense", {}),
      "SQLITE_ERROR",
    );
    expect(await rows(engine, "SELECT count(*) FROM t")).toEqual([[3]]);
  });

  it("rolls a batch back as a whole, and says which statement failed", async () => {
    const engine = open();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    for (const mode of ["write", "deferred", "concurrent"] as const) {
      const batch = ["INSERT INTO t VALUES (1)", "SELECT count(*) FROM t", "INSERT INTO t VALUES (1)"].map((sql) =>
        bound(sql),
      );
      const error = await expectCode(async () => engine.batch(batch, mode, {}), "SQLITE_CONSTRAINT");
      expect(error).toBeInstanceOf(LibsqlBatchError);
      expect(error instanceof LibsqlBatchError && error.statementIndex).toBe(2);
      expect(await rows(engine, "SELECT count(*) FROM t")).toEqual([[0]]);
      const results = await engine.batch(batch.slice(0, 2), mode, {});
      expect(results.map((result) => result.rows)).toEqual([[], [[1]]]);
      await run(engine, "DELETE FROM t");
    }
    const read = await engine.batch([bound("SELECT 1"), bound("SELECT 2")], "read", {});
    expect(read.map((result) => result.rows)).toEqual([[[1]], [[2]]]);
  });

  it("migrates with foreign keys off, and has them on before and after", async () => {
    const engine = open();
    await engine.script(
      `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p(id) ON DELETE CASCADE);
       INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);`,
      {},
    );
    const rebuild = [
      "CREATE TABLE p2 (id INTEGER PRIMARY KEY, n)",
      "INSERT INTO p2 (id) SELECT id FROM p",
      "DROP TABLE p",
      "ALTER TABLE p2 RENAME TO p",
    ];
    await engine.migrate(rebuild.map((sql) => bound(sql)));
    expect(await rows(engine, "SELECT count(*) FROM c")).toEqual([[1]]);
    await expectCode(async () => run(engine, "INSERT INTO c VALUES (9)"), "SQLITE_CONSTRAINT");
  });

  it("gives up a call whose signal has fired", async () => {
    const engine = open();
    const options = { signal: AbortSignal.abort() };
    await expectCode(async () => engine.execute(bound("SELECT 1"), options), "ABORTED");
    await expectCode(async () => engine.begin("concurrent", options), "ABORTED");
  });
});
