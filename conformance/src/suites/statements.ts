import { expect, it } from "vitest";
import type { SuiteContext } from "../engine-suite.ts";
import { expectCode, rejection } from "../rejection.ts";

/** One statement at a time: results, arguments, errors. */
export function statements({ entry, open }: SuiteContext): void {
  it("gives rows by name and by index", async () => {
    const { columns, rows } = await open().execute("SELECT 1 AS one, 'two' AS two");
    expect(columns).toEqual(["one", "two"]);
    expect(rows).toHaveLength(1);
    expect({ ...rows[0] }).toEqual({ one: 1, two: "two" });
    expect([rows[0]?.[0], rows[0]?.[1], rows[0]?.length]).toEqual([1, "two", 2]);
  });

  it("gives all values of columns that share a name", async () => {
    const { columns, rows } = await open().execute("SELECT 1 AS a, 2 AS a");
    expect(columns).toEqual(["a", "a"]);
    expect(Array.from({ length: 2 }, (_, i) => rows[0]?.[i])).toEqual([1, 2]);
    expect(rows[0]?.["a"]).toBe(1);
  });

  it("counts the rows of a write and tells the last rowid", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
    const inserted = await client.execute("INSERT INTO t (n) VALUES (1), (2), (3)");
    expect(inserted.rowsAffected).toBe(3);
    expect(inserted.lastInsertRowid).toBe(3n);
    expect((await client.execute("UPDATE t SET n = n + 1 WHERE id > 1")).rowsAffected).toBe(2);
    expect((await client.execute("DELETE FROM t")).rowsAffected).toBe(3);
    expect((await client.execute("SELECT * FROM t")).rowsAffected).toBe(0);
  });

  it("counts the rows of RETURNING", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
    const { rows, rowsAffected, lastInsertRowid } = await client.execute(
      "INSERT INTO t (n) VALUES (7), (8) RETURNING id, n",
    );
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: 1, n: 7 },
      { id: 2, n: 8 },
    ]);
    expect(rowsAffected).toBe(2);
    expect(lastInsertRowid).toBe(2n);
  });

  it("names a quoted column of RETURNING without its quotes", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    expect((await client.execute('INSERT INTO t (n) VALUES (1) RETURNING "id", "n" AS "m"')).columns).toEqual([
      "id",
      "m",
    ]);
    const sql = 'INSERT INTO t (n) VALUES (1) RETURNING "t"."id", t.n, [id], `n`, "t"."id" + 1, "t"."n" AS "t.n"';
    expect((await client.execute(sql)).columns).toEqual(["id", "n", "id", "n", '"t"."id" + 1', "t.n"]);
  });

  it("finds a table with capitals by the name before its columns", async () => {
    const client = open();
    await client.execute('CREATE TABLE "Author" ("Id" INTEGER PRIMARY KEY, "Name" TEXT)');
    await client.execute(`INSERT INTO "Author" ("Name") VALUES ('a'), ('b')`);
    await client.execute('UPDATE "Author" SET "Name" = ? WHERE "Author"."Id" = ?', ["x", 1]);
    const { columns, rows } = await client.execute('DELETE FROM "Author" WHERE "Author"."Id" = 1 RETURNING "Name"');
    expect([columns, rows.map((row) => row[0])]).toEqual([["Name"], ["x"]]);
  });

  it("drops a table after a plan was read", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    for (const explain of ["EXPLAIN", "EXPLAIN QUERY PLAN"]) {
      await client.execute("CREATE TABLE u (n TEXT)");
      expect((await client.execute(`${explain} SELECT * FROM t WHERE id = ?`, [1])).rows.length).toBeGreaterThan(0);
      await client.execute("DROP TABLE u");
    }
  });

  it("reads a pragma as a table, and goes on writing", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)");
    const { rows } = await client.execute("SELECT name FROM pragma_table_info('t') ORDER BY cid");
    expect(rows.map((row) => row["name"])).toEqual(["id", "n"]);
    await client.execute("INSERT INTO t (n) VALUES ('a')");
    await client.transaction(async (tx) => tx.execute("INSERT INTO t (n) VALUES ('b')"), { timeoutMs: 5_000 });
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(2);
  });

  it("takes arguments by position, by name and by number", async () => {
    const client = open();
    const read = async (sql: string, args: never): Promise<unknown> => {
      const { rows, columns } = await client.execute(sql, args);
      return columns.map((_, i) => rows[0]?.[i]);
    };
    expect(await read("SELECT ?, ?", ["a", "b"] as never)).toEqual(["a", "b"]);
    expect(await read("SELECT :x, @y, $z, :x", { x: "1", y: "2", z: "3" } as never)).toEqual(["1", "2", "3", "1"]);
    expect(await read("SELECT :x", { ":x": "1" } as never)).toEqual(["1"]);
    expect(await read("SELECT :x, :y", ["a", "b"] as never)).toEqual(["a", "b"]);
    expect(await read("SELECT :x, @y, ?1", { x: "1", y: "2" } as never)).toEqual(["1", "2", "1"]);
    expect(await read("SELECT ?2, ?1", ["a", "b"] as never)).toEqual(["b", "a"]);
    expect(await read("SELECT ?2", ["a", "b"] as never)).toEqual(["b"]);
  });

  it.each([
    ["too few", "SELECT ?, ?", [1]],
    ["too many", "SELECT ?", [1, 2]],
    ["none", "SELECT ?", []],
    ["no such name", "SELECT :a", { b: 1 }],
    ["one name too many", "SELECT :a", { a: 1, b: 1 }],
    ["names for positions", "SELECT ?", { a: 1 }],
    ["an empty object for positions", "SELECT ?", {}],
  ])("refuses arguments that do not fit: %s", async (_, sql, args) => {
    await expectCode(open().execute(sql, args as never), "ARGS_INVALID");
  });

  it.each([
    ["undefined", undefined, TypeError],
    ["a function", () => 1, TypeError],
    ["a symbol", Symbol("s"), TypeError],
    ["a plain object", { a: 1 }, TypeError],
    ["NaN", Number.NaN, RangeError],
    ["Infinity", Number.POSITIVE_INFINITY, RangeError],
    ["a bigint of 65 bits", 2n ** 64n, RangeError],
    ["an invalid date", new Date(Number.NaN), RangeError],
  ])("refuses a value that SQLite cannot hold: %s", async (_, value, kind) => {
    expect(await rejection(open().execute("SELECT ?", [value] as never))).toBeInstanceOf(kind);
  });

  it.each(["", "  \n ", "-- nothing", "/* nothing */", ";;"])("refuses SQL without a statement: %j", async (sql) => {
    await expectCode(open().execute(sql), "SQL_NO_STATEMENT");
  });

  it("refuses the same in every form of call, before anything runs", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    const wrong: readonly (readonly [code: string, sql: string, args: readonly never[]])[] = [
      ["ARGS_INVALID", "INSERT INTO t VALUES (?)", []],
      ["SQL_MANY_STATEMENTS", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", []],
      ["SQL_NO_STATEMENT", "-- nothing", []],
      ["SQLITE_ERROR", "INSERT INTO t VALUES (1) \0", []],
    ];
    for (const [code, sql, args] of wrong) {
      const calls: readonly (() => Promise<unknown>)[] = [
        () => client.execute({ sql, args: [...args] }),
        async () => client.prepare(sql).run([...args]),
        async () =>
          client
            .prepare(sql)
            .columns()
            .then(() => client.prepare(sql).all([...args])),
        async () => client.iterate(sql, [...args]).next(),
        () => client.batch(["INSERT INTO t VALUES (0)", { sql, args: [...args] }], "write"),
        () => client.migrate(["INSERT INTO t VALUES (0)", { sql, args: [...args] }]),
        () => client.transaction((tx) => tx.execute(sql, [...args])),
        () => client.transaction((tx) => tx.batch(["INSERT INTO t VALUES (0)", { sql, args: [...args] }])),
        () => client.transaction(async (tx) => tx.iterate(sql, [...args]).next()),
        () => client.transaction((tx) => tx.savepoint((point) => point.execute(sql, [...args]))),
      ];
      for (const call of calls) await expectCode(call(), code);
    }
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(0);
  });

  it("refuses SQL with a NUL character, where libraries would stop reading", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    await client.execute("INSERT INTO t VALUES (1)");
    await expectCode(client.execute("DELETE FROM t \0 WHERE a = 2"), "SQLITE_ERROR");
    await expectCode(client.executeMultiple("DELETE FROM t \0 WHERE a = 2"), "SQLITE_ERROR");
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(1);
  });

  it("refuses two statements in one call, and runs neither", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    await expectCode(client.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"), "SQL_MANY_STATEMENTS");
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(0);
    await client.execute("INSERT INTO t VALUES (1); -- and no more");
  });

  it("names the constraint that failed", async () => {
    const client = open();
    await client.executeMultiple(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n TEXT NOT NULL, p INTEGER REFERENCES p(id))",
    );
    await client.execute("PRAGMA foreign_keys = ON");
    await client.execute("INSERT INTO t VALUES (1, 'a', 'b', NULL)");
    const failures = [
      ["SQLITE_CONSTRAINT_UNIQUE", "INSERT INTO t VALUES (2, 'a', 'b', NULL)"],
      ["SQLITE_CONSTRAINT_PRIMARYKEY", "INSERT INTO t VALUES (1, 'c', 'b', NULL)"],
      ["SQLITE_CONSTRAINT_NOTNULL", "INSERT INTO t VALUES (3, 'd', NULL, NULL)"],
      ["SQLITE_CONSTRAINT_FOREIGNKEY", "INSERT INTO t VALUES (4, 'e', 'b', 9)"],
    ] as const;
    for (const [extendedCode, sql] of failures) {
      const error = await expectCode(client.execute(sql), "SQLITE_CONSTRAINT");
      expect(error.extendedCode).toBe(extendedCode);
      expect((error.rawCode ?? 0) & 0xff).toBe(19);
    }
    expect((await client.execute("SELECT count(*) AS c FROM t")).rows[0]?.["c"]).toBe(1);
  });

  it("tells a primary key from another unique index in every form of call", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a TEXT, b TEXT, u TEXT UNIQUE, PRIMARY KEY (a, b))");
    await client.execute("INSERT INTO t VALUES ('a', 'b', 'u')");
    const key = "INSERT INTO t VALUES ('a', 'b', 'v')";
    const index = "INSERT INTO t VALUES ('c', 'd', 'u')";
    const calls = [
      (sql: string) => client.execute(sql),
      (sql: string) => client.prepare(sql).run(),
      (sql: string) => client.execute(`${sql} RETURNING a`),
      (sql: string) => client.batch(["SELECT 1", sql], "write"),
      (sql: string) => client.executeMultiple(sql),
      (sql: string) => client.iterate(sql).next(),
      (sql: string) => client.transaction((tx) => tx.execute(sql)),
      (sql: string) => client.transaction((tx) => tx.batch([sql])),
    ];
    for (const call of calls) {
      const failed = await expectCode(call(key), "SQLITE_CONSTRAINT");
      expect([failed.extendedCode, failed.rawCode]).toEqual(["SQLITE_CONSTRAINT_PRIMARYKEY", 1555]);
      const other = await expectCode(call(index), "SQLITE_CONSTRAINT");
      expect([other.extendedCode, other.rawCode]).toEqual(["SQLITE_CONSTRAINT_UNIQUE", 2067]);
    }
  });

  it("runs a script, triggers and all", async () => {
    const client = open();
    const running = client.executeMultiple(`
      CREATE TABLE t (a); CREATE TABLE log (b);
      CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a || ';'); END;
      INSERT INTO t VALUES ('x'); -- done
    `);
    // A trigger would run here, and at the primary again.
    if (entry.capabilities.offlineWrites) return void (await expectCode(running, "UNSUPPORTED"));
    await running;
    expect((await client.execute("SELECT b FROM log")).rows[0]?.["b"]).toBe("x;");
  });

  it("refuses calls after close, and takes them after reconnect", async () => {
    const client = open();
    client.close();
    expect(client.closed).toBe(true);
    await expectCode(client.execute("SELECT 1"), "CLIENT_CLOSED");
    await client.reconnect();
    expect(client.closed).toBe(false);
    expect((await client.execute("SELECT 1 AS a")).rows[0]?.["a"]).toBe(1);
  });

  it("sees a table's new shape at once", async () => {
    const client = open();
    await client.execute("CREATE TABLE t (a)");
    await client.execute("INSERT INTO t VALUES (1)");
    expect((await client.execute("SELECT * FROM t")).columns).toEqual(["a"]);
    await client.execute("ALTER TABLE t RENAME COLUMN a TO b");
    expect((await client.execute("SELECT * FROM t")).columns).toEqual(["b"]);
    await client.execute("ALTER TABLE t ADD COLUMN c");
    expect((await client.execute("SELECT * FROM t")).columns).toEqual(["b", "c"]);
  });
}
