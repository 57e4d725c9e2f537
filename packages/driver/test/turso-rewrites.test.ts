import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { hazardOf } from "../src/turso/aborting-sql.ts";
import { withoutCompoundOrder } from "../src/turso/compound-order.ts";
import { openHandle } from "../src/turso/native.ts";
import { resultNames } from "../src/turso/returning-names.ts";
import { shortenedLists } from "../src/turso/shortened-lists.ts";
import { limitsOfSubqueries } from "../src/turso/subquery-limits.ts";
import { lowerCasedTargets } from "../src/turso/target-names.ts";
import { unqualifiedColumns } from "../src/turso/unqualified-columns.ts";
import { bound, expectCode, openEngine, rows, run, scratchFolder } from "./turso-fixture.ts";

describe("capitals in the target of an UPDATE or DELETE", () => {
  it.each([
    ['UPDATE "Author" SET n = 1 WHERE "Author"."Id" = 1', 'UPDATE "author" SET n = 1 WHERE "Author"."Id" = 1'],
    ["update or ignore main.[Author] As `A` set N=1", "update or ignore main.[author] As `a` set N=1"],
    ['WITH "X" AS (VALUES (1)) DELETE FROM Author', 'WITH "X" AS (VALUES (1)) DELETE FROM author'],
    ['EXPLAIN QUERY PLAN DELETE FROM "A""B"', 'EXPLAIN QUERY PLAN DELETE FROM "a""b"'],
    ['UPDATE "ÉA" SET n = 1', 'UPDATE "Éa" SET n = 1'],
    [
      "CREATE TEMP TRIGGER Tr AFTER UPDATE OF N ON T BEGIN UPDATE T SET N = 1; DELETE FROM T WHERE T.N; END",
      "CREATE TEMP TRIGGER Tr AFTER UPDATE OF N ON T BEGIN UPDATE t SET N = 1; DELETE FROM t WHERE T.N; END",
    ],
  ])("go: %s", (sql, lowered) => expect(lowerCasedTargets(sql)).toBe(lowered));

  it.each([
    "SELECT 'UPDATE A' FROM Author",
    "INSERT INTO Author VALUES (1) ON CONFLICT DO UPDATE SET N = 1",
    "CREATE TABLE A (x REFERENCES B ON DELETE CASCADE ON UPDATE SET NULL)",
    "UPDATE",
    "DELETE FROM",
  ])("stay: %s", (sql) => expect(lowerCasedTargets(sql)).toBe(sql));

  it("are found with the name before columns, in subqueries, in RETURNING and in triggers", async () => {
    const engine = openEngine();
    await engine.script(
      `CREATE TABLE "Author" (id INTEGER PRIMARY KEY, "Name" TEXT); CREATE TABLE "Log" ("AId" INTEGER);
       INSERT INTO "Author" VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO "Log" VALUES (1);
       UPDATE "Author" SET "Name" = 'x' WHERE "Author"."id" = 1;
       CREATE TRIGGER "Tr" AFTER INSERT ON "Log" BEGIN
         UPDATE "Author" SET "Name" = 'fired' WHERE "Author"."id" = new."AId";
       END;`,
      {},
    );
    await run(engine, 'INSERT INTO "Log" VALUES (?)', [2n]);
    await run(engine, 'UPDATE "Author" AS "A" SET "Name" = "A"."Name" || ? WHERE "A"."id" = 1', ["y"]);
    await run(
      engine,
      `UPDATE "Author" SET "Name" = "Author"."Name" || '!' WHERE EXISTS (SELECT 1 FROM "Log" AS "L" WHERE "L"."AId" = "Author"."id")`,
    );
    expect(await rows(engine, 'SELECT "Name" FROM "Author"')).toEqual([["xy!"], ["fired!"], ["c"]]);
    const gone = await run(
      engine,
      'WITH "X" AS (SELECT 3 AS "I") DELETE FROM "Author" WHERE "Author"."id" IN (SELECT "X"."I" FROM "X") RETURNING "Author"."Name"',
    );
    expect(gone).toMatchObject({ columns: ["Name"], rows: [["c"]] });
  });
});

describe("the ORDER BY of compound SELECTs", () => {
  it.each([
    ["SELECT 1 UNION SELECT 2 ORDER BY 1, abs(1) LIMIT 1", "SELECT 1 UNION SELECT 2 LIMIT 1"],
    [
      "SELECT sum(x) FROM (SELECT x FROM a except SELECT 1 order by 1) ORDER BY 1",
      "SELECT sum(x) FROM (SELECT x FROM a except SELECT 1 ) ORDER BY 1",
    ],
    [
      "WITH w AS (SELECT 1 UNION ALL SELECT 2 ORDER BY 1) SELECT 1",
      "WITH w AS (SELECT 1 UNION ALL SELECT 2 ) SELECT 1",
    ],
  ])("is left out where it is not run: %s", (sql, expected) => expect(withoutCompoundOrder(sql)).toBe(expected));

  it.each([
    "SELECT x FROM (SELECT 1 AS x UNION SELECT 2) ORDER BY x",
    "SELECT 'UNION' FROM a ORDER BY 1",
    "SELECT (SELECT x FROM a ORDER BY x LIMIT 1) UNION SELECT 2",
  ])("stays: %s", (sql) => expect(withoutCompoundOrder(sql)).toBe(sql));

  it("does not end the process beside an aggregate, and is refused in EXPLAIN, where it would", async () => {
    const engine = openEngine();
    await engine.script(
      `CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (3, 4);
       CREATE VIEW v AS SELECT a FROM t UNION SELECT b FROM t ORDER BY 1;`,
      {},
    );
    const sum = "SELECT sum(a) FROM (SELECT a FROM t WHERE b > 0 UNION SELECT b FROM t ORDER BY 1 LIMIT ?)";
    expect(await rows(engine, sum, [3])).toEqual([[6]]);
    expect(await rows(engine, "SELECT count(*) FROM v WHERE a > 1")).toEqual([[3]]);
    await engine.script("CREATE TABLE s AS SELECT max(a) AS m FROM v WHERE a < 4", {});
    expect(await rows(engine, "SELECT m FROM s")).toEqual([[3]]);
    await expectCode(
      async () =>
        run(
          engine,
          "SELECT count(*), t.a FROM t WHERE 0 AND t.a IN (SELECT a FROM t UNION SELECT b FROM t ORDER BY 1)",
        ),
      "UNSUPPORTED",
    );
    for (const sql of [
      sum.replace("?", "3"),
      "SELECT * FROM v",
      "WITH w AS (SELECT 1 UNION SELECT 2 ORDER BY 1) SELECT * FROM w",
    ]) {
      await expectCode(async () => run(engine, `EXPLAIN ${sql}`), "UNSUPPORTED");
      await expectCode(async () => engine.script(`EXPLAIN ${sql}`, {}), "UNSUPPORTED");
      expect((await rows(engine, `EXPLAIN QUERY PLAN ${sql}`)).length).toBeGreaterThan(0);
    }
    expect((await rows(engine, "EXPLAIN SELECT a FROM t ORDER BY 1")).length).toBeGreaterThan(0);
  });
});

describe("limits of subqueries", () => {
  const each = (what: string): string => `iif(random() IS NULL, 0, ${what})`;

  it.each([
    ["SELECT (SELECT b FROM u LIMIT ?) FROM t LIMIT ?", `SELECT (SELECT b FROM u LIMIT ${each("?")}) FROM t LIMIT ?`],
    ["SELECT (SELECT 1 limit ?2 , 1+(2) /* , */)", `SELECT (SELECT 1 limit ${each("?2")} , ${each("1+(2)")} /* , */)`],
    ["VALUES ((SELECT 1 LIMIT 2 OFFSET :o))", `VALUES ((SELECT 1 LIMIT 2 OFFSET ${each(":o")}))`],
    [
      "WITH w AS (SELECT 1 LIMIT (SELECT 3 LIMIT ?)) SELECT 1",
      `WITH w AS (SELECT 1 LIMIT ${each("(SELECT 3 LIMIT ?)")}) SELECT 1`,
    ],
    ["SELECT (SELECT 1 LIMIT -1)", `SELECT (SELECT 1 LIMIT ${each("-1")})`],
  ])("%s", (sql, expected) => expect(limitsOfSubqueries(sql)).toBe(expected));

  it.each([
    "SELECT abs(1) FROM t LIMIT ? OFFSET ?",
    "SELECT (SELECT b FROM u LIMIT 1 OFFSET 2), '(SELECT 1 LIMIT ?)', ([limit] + ?) FROM t",
    "CREATE VIEW v AS SELECT (SELECT b FROM u LIMIT 1 + 1) FROM t",
    "SELECT (SELECT 1 LIMIT",
  ])("stay: %s", (sql) => expect(limitsOfSubqueries(sql)).toBe(sql));

  const shapes = [
    "SELECT id, (SELECT json_group_array(x) FROM (SELECT x FROM c WHERE c.p = o.id #)) FROM o",
    "SELECT id, (SELECT json_group_array(x) FROM (SELECT x FROM c WHERE c.p = o.id ORDER BY y #)) FROM o",
    "SELECT id, (SELECT sum(x) FROM (SELECT x FROM c WHERE c.p = o.id UNION SELECT 9 ORDER BY 1 #)) FROM o",
    "SELECT id, (SELECT count(*) FROM (SELECT DISTINCT x FROM c WHERE c.p = o.id #)) FROM o",
    "SELECT id, (SELECT json_group_array(n) FROM (SELECT count(*) AS n FROM c WHERE c.p >= o.id GROUP BY p ORDER BY p #)) FROM o",
    "SELECT id FROM o WHERE EXISTS (SELECT x FROM c WHERE c.p = o.id #)",
    "SELECT id FROM o WHERE 5 IN (SELECT x FROM c WHERE c.p = o.id ORDER BY x #)",
    "SELECT id FROM o WHERE id IN (SELECT p FROM c ORDER BY x #)",
    "SELECT o.id, j.x FROM o LEFT JOIN (SELECT p, x FROM c ORDER BY x #) j ON j.p = o.id ORDER BY 1, 2",
    "WITH w AS (SELECT x FROM c ORDER BY x #) SELECT id, (SELECT count(*) FROM w) FROM o",
    "UPDATE o SET v = v || '+' WHERE (SELECT count(*) FROM (SELECT x FROM c WHERE c.p = o.id #)) = 2 RETURNING id, v",
  ];

  it.each(shapes)("hold for each row of the query around them, as in SQLite: %s", async (shape) => {
    const set = `CREATE TABLE o (id INTEGER PRIMARY KEY, v); CREATE TABLE c (p, x, y);
      INSERT INTO o VALUES (1, ''), (2, ''), (3, ''), (4, '');
      INSERT INTO c VALUES (1, 1, 'z'), (1, 2, 'y'), (1, 3, 'x'), (2, 4, 'w'), (2, 5, 'v'), (2, 6, 'u'), (3, 7, 't'), (3, 8, 's');`;
    const engine = openEngine();
    await engine.script(set, {});
    const sqlite = new DatabaseSync(":memory:");
    sqlite.exec(set);
    for (const limit of ["LIMIT ?", "LIMIT ? OFFSET ?", "LIMIT ?, ?", "LIMIT 2 OFFSET ?", "LIMIT ? + 1"]) {
      const sql = shape.replace("#", limit);
      const count = limit.split("?").length - 1;
      for (const args of [
        [1, 1],
        [2, 1],
        [2n, 0n],
        [1, 2],
        [-1, 1],
        [100, 1],
      ].map((all) => all.slice(0, count))) {
        const statement = sqlite.prepare(sql);
        statement.setReturnArrays(true);
        const expected: unknown = statement.all(...args);
        const label = `${sql} with ${String(args)}`;
        expect(await rows(engine, sql, args), label).toEqual(expected);
        expect((await run(engine, sql, args)).columns, label).toEqual(statement.columns().map(({ name }) => name));
        // The second run of an UPDATE.
        if (sql.startsWith("UPDATE")) statement.all(...args);
      }
    }
    sqlite.close();
  });
});

describe("columns with main before their table", () => {
  it.each([
    ["SELECT main.t.c, `main`.`t`.`d` FROM main.t", "SELECT t.c, `t`.`d` FROM main.t"],
    ['SELECT "main" . "t" . "c", [MAIN].t.* FROM t', 'SELECT "t" . "c", t.* FROM t'],
    ["UPDATE main.t SET c = 1 WHERE main.t.c = main.t.d", "UPDATE main.t SET c = 1 WHERE t.c = t.d"],
    ["SELECT 'main.t.c', main.c, temp.t.c FROM main", "SELECT 'main.t.c', main.c, temp.t.c FROM main"],
  ])("%s", (sql, expected) => expect(unqualifiedColumns(sql)).toBe(expected));

  it("have their values, however the engine joins", async () => {
    const engine = openEngine();
    await engine.script(
      `CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER);
       INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, 'z'); INSERT INTO b VALUES (1, 1), (2, 2);`,
      {},
    );
    const sql = `SELECT main.a.id, main.a.name FROM main.a LEFT JOIN main.b AS j ON (j.a_id) = (main.a.id) WHERE j.id IS NOT NULL`;
    expect(await run(engine, sql)).toMatchObject({
      columns: ["id", "name"],
      rows: [
        [1, "x"],
        [2, "y"],
      ],
    });
  });
});

describe("the names of RETURNING", () => {
  it("are those of columns, and the text of anything else", () => {
    const names = ['"t"."id"', "a", "b", '"t"."id"+1', "t.id", "`x``y`", '("t" . "id")', "[o k]"];
    const sql =
      'INSERT INTO t VALUES (1) RETURNING "t"."id", *, "t"."id"+1, n AS "t.id", `x``y`, ("t" . "id"), [o k] -- end';
    expect(resultNames(sql, names)).toEqual(["id", "a", "b", '"t"."id"+1', "t.id", "x`y", "id", "o k"]);
  });

  it("are left alone in a query", () => {
    expect(resultNames('SELECT 1 AS "t.id"', ["t.id"])).toEqual(["t.id"]);
    expect(resultNames('SELECT 1 AS "returning", 2 AS "t.id"', ["returning", "t.id"])).toEqual(["returning", "t.id"]);
  });
});

describe("statements that would end the process", () => {
  it("are refused when a view would do it, or a view of a view", async () => {
    const path = join(scratchFolder(), "views.db");
    const sqlite = new DatabaseSync(path);
    sqlite.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'a');
      CREATE VIEW "W ""x" AS SELECT max(id) AS m, name FROM t WHERE 0; CREATE VIEW outer_one AS SELECT * FROM "W ""x";
      CREATE VIEW few AS SELECT max(id) AS m, name FROM t LIMIT 0; CREATE VIEW fine AS SELECT count(*) AS c FROM t WHERE id;`);
    sqlite.close();
    const engine = openEngine({ path });
    for (const name of ['"W ""x"', '"w ""X"', "outer_one", "OUTER_ONE", "few"]) {
      await expectCode(async () => run(engine, `SELECT * FROM ${name}`), "UNSUPPORTED");
      await expectCode(async () => engine.script(`INSERT INTO t SELECT * FROM ${name}`, {}), "UNSUPPORTED");
    }
    expect(await rows(engine, "SELECT c, t.name FROM fine, t")).toEqual([[1, "a"]]);
  });

  it("are refused when such a view is to be made", async () => {
    const engine = openEngine();
    await run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    const make = "CREATE VIEW w (a, b) AS SELECT max(id), name FROM t";
    await expectCode(async () => run(engine, `${make} WHERE 0`), "UNSUPPORTED");
    await expectCode(async () => engine.script(`${make} LIMIT 0`, {}), "UNSUPPORTED");
    await run(engine, `${make} WHERE id > 0`);
    expect(await rows(engine, "SELECT * FROM w")).toEqual([[null, null]]);
  });

  it("are refused when a trigger is to be made of them", async () => {
    const engine = openEngine();
    await engine.script("CREATE TABLE t (a, b); CREATE TABLE u (x, y)", {});
    const bodies = [
      "INSERT INTO u SELECT count(*), y FROM u WHERE 0",
      "DELETE FROM t WHERE a = NEW.a; INSERT INTO u SELECT max(a), b FROM t WHERE a = OLD.a LIMIT NEW.b",
      "SELECT RAISE(ABORT, 'no') FROM u WHERE 0 HAVING count(*) = 0 AND y IS NULL",
    ];
    for (const body of bodies) {
      for (const head of ["AFTER UPDATE ON t", "BEFORE UPDATE OF a ON t WHEN NEW.a > 1"]) {
        await expectCode(async () => run(engine, `CREATE TRIGGER tr ${head} BEGIN ${body}; END`), "UNSUPPORTED");
        await expectCode(async () => engine.script(`CREATE TRIGGER tr ${head} BEGIN ${body}; END`, {}), "UNSUPPORTED");
      }
    }
    await run(
      engine,
      `CREATE TRIGGER fine AFTER INSERT ON t WHEN (SELECT count(*) FROM t WHERE a = NEW.a) > 1 BEGIN
         SELECT CASE WHEN (SELECT count(*) FROM u WHERE x = NEW.a) > 0 THEN RAISE(ABORT, 'twice') END;
         INSERT INTO u SELECT max(a), b FROM t WHERE a = NEW.a; END`,
    );
    await run(engine, "INSERT INTO t VALUES (1, 2)");
    await run(engine, "INSERT INTO t VALUES (1, 2)");
    await expectCode(async () => run(engine, "INSERT INTO t VALUES (1, 2)"), "SQLITE_ERROR");
    expect(await rows(engine, "SELECT x, y FROM u")).toEqual([[1, 2]]);
  });

  it("are refused when a trigger of the file would do it, until that is gone", async () => {
    const path = join(scratchFolder(), "triggers.db");
    const sqlite = new DatabaseSync(path);
    sqlite.exec(`CREATE TABLE t (a, b); CREATE TABLE u (x, y);
      CREATE TRIGGER bad AFTER INSERT ON t BEGIN INSERT INTO u SELECT count(*), y FROM u WHERE 0; END;`);
    sqlite.close();
    const engine = openEngine({ path });
    for (const sql of [
      "INSERT INTO t VALUES (1, 2)",
      "DELETE FROM u",
      "WITH x AS (SELECT 1) INSERT INTO t SELECT 1, 2",
    ]) {
      expect((await expectCode(async () => run(engine, sql), "UNSUPPORTED")).message).toContain("bad");
      await expectCode(async () => engine.script(sql, {}), "UNSUPPORTED");
      await expectCode(async () => engine.batch([bound(sql)], "concurrent", {}), "UNSUPPORTED");
    }
    expect(await rows(engine, "SELECT count(*) FROM t")).toEqual([[0]]);
    await run(engine, "DROP TRIGGER bad");
    await run(engine, "INSERT INTO t VALUES (1, 2)");
  });

  it("are refused in other forms", async () => {
    const engine = openEngine({ path: ":memory:" });
    await run(engine, "CREATE TABLE t (a, b)");
    for (const sql of [
      "SELECT b FROM t WHERE 0 HAVING count(*) = 0",
      "SELECT median(a), b FROM t WHERE 0",
      "SELECT stddev(a), b FROM t WHERE 0",
      "SELECT percentile_cont(a, 0.5), b FROM t WHERE 0",
      "SELECT repeat('a', 9223372036854775807)",
      'SELECT "repeat" (a, b) FROM t',
    ]) {
      await expectCode(async () => run(engine, sql), "UNSUPPORTED");
    }
    const terms = (count: number): string => Array.from({ length: count }, () => "SELECT 1").join(" UNION ALL ");
    expect(await rows(engine, terms(500))).toHaveLength(500);
    await expectCode(async () => run(engine, terms(501)), "SQLITE_ERROR");
    await expectCode(async () => run(engine, terms(20_000)), "SQLITE_ERROR");
    expect(await rows(engine, `SELECT b FROM t HAVING count(*) = 0 AND '${"union ".repeat(700)}' <> ''`)).toEqual([
      [null],
    ]);
  });

  it("are looked for with little work, however many parameters there are", () => {
    const many = Array.from({ length: 30_000 }, () => "?").join(", ");
    const row = Array.from({ length: 10_000 }, () => "(?, ?)").join(", ");
    const handle = openHandle(":memory:");
    handle.prepare("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").stepSync();
    const prepared = vi.spyOn(handle, "prepare");
    hazardOf(handle, `SELECT count(*) FROM t WHERE id IN (${many})`);
    hazardOf(handle, `INSERT INTO t VALUES ${row} ON CONFLICT (id) DO UPDATE SET name = max(name, excluded.name)`);
    expect(hazardOf(handle, `SELECT max(id), name FROM t WHERE id IN (${many}) AND 0`)).toBe("always");
    const explained = prepared.mock.calls.map(([sql]) => sql).filter((sql) => sql.startsWith("EXPLAIN"));
    expect(explained).toEqual([
      "EXPLAIN SELECT count(*) FROM t WHERE id IN (?, ?)",
      "EXPLAIN SELECT max(id), name FROM t WHERE id IN (?, ?) AND 0",
    ]);
    handle.close();
  });

  it.each([
    ["id IN (1, 2, 3, 4) OR x IN (f(1, 2), -3, ?)", "id IN (1, 2) OR x IN (f(1, 2), -3)"],
    ["VALUES (1, (2)), (3, 4), (5, 6) UNION SELECT 1, 2", "VALUES (1, (2)), (3, 4) UNION SELECT 1, 2"],
    ["id IN (1, 2, (SELECT 3))", "id IN (1, 2, (SELECT 3))"],
    ["f(1, 2, 3) AND 'IN (1, 2, 3)'", "f(1, 2, 3) AND 'IN (1, 2, 3)'"],
    ["id IN (1, 2, 3", "id IN (1, 2"],
  ])("have their lists shortened: %s", (sql, short) => expect(shortenedLists(sql)).toBe(short));
});
