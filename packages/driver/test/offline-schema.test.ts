import { expect, test } from "vitest";
import { offlineWorld, rowsOf } from "./offline-fixture.ts";

test("names in capitals, reserved words and keys of several columns", async () => {
  const world = await offlineWorld(
    'CREATE TABLE "Author" ("Id" TEXT NOT NULL PRIMARY KEY, "Order" TEXT, "a""b" INTEGER)',
    "CREATE TABLE member (team TEXT, person INTEGER, role TEXT, PRIMARY KEY (person, team))",
  );
  const [a, b] = [world.open("a"), world.open("b")];
  await a.execute(`INSERT INTO "Author" VALUES ('x', 'first', 1)`);
  await a.execute(`UPDATE "Author" SET "Order" = 'second', "a""b" = 2 WHERE "Author"."Id" = 'x'`);
  await a.execute("INSERT INTO member VALUES ('t', 1, 'lead'), ('t', 2, 'dev'), ('u', 1, 'dev')");
  await a.execute("UPDATE member SET team = 'v', role = NULL WHERE team = 't' AND person = 1");
  await a.execute("DELETE FROM member WHERE person = 2");
  expect((await a.push()).rejected).toBe(0);
  await b.pull();
  await a.pull();
  for (const sql of ['SELECT * FROM "Author"', "SELECT * FROM member ORDER BY team"]) {
    expect(await rowsOf(b, sql)).toEqual(await rowsOf(a, sql));
    expect(await rowsOf(b, sql)).toEqual(await world.atPrimary(sql));
  }
  expect(await rowsOf(b, "SELECT * FROM member ORDER BY team")).toEqual([
    ["u", 1, "dev"],
    ["v", 1, null],
  ]);
});

test("a schema that changes at the primary takes pending changes along, or makes conflicts of them", async () => {
  const world = await offlineWorld(
    "CREATE TABLE grown (id TEXT PRIMARY KEY, a TEXT)",
    "CREATE TABLE renamed (id TEXT PRIMARY KEY, a TEXT)",
    "CREATE TABLE dropped (id TEXT PRIMARY KEY, a TEXT)",
  );
  const [pulling, pushing] = [world.open("pulling"), world.open("pushing")];
  for (const [client, id] of [
    [pulling, "1"],
    [pushing, "2"],
  ] as const) {
    for (const table of ["grown", "renamed", "dropped"]) {
      await client.execute(`INSERT INTO ${table} VALUES (?, 'mine')`, [id]);
    }
  }
  await world.atPrimary(
    "ALTER TABLE grown ADD COLUMN b TEXT DEFAULT 'new'",
    "ALTER TABLE renamed RENAME COLUMN a TO c",
    "DROP TABLE dropped",
  );
  expect((await pulling.pull()).rejected).toBe(2);
  expect((await pushing.push()).rejected).toBe(2);
  for (const client of [pulling, pushing]) {
    expect((await client.conflicts()).map(({ table, row }) => [table, row["a"]])).toEqual([
      ["renamed", "mine"],
      ["dropped", "mine"],
    ]);
    await client.sync();
    await client.sync();
  }
  await pulling.pull();
  const expected = [
    ["1", "mine", "new"],
    ["2", "mine", "new"],
  ];
  expect(await world.atPrimary("SELECT * FROM grown ORDER BY id")).toEqual(expected);
  for (const client of [pulling, pushing])
    expect(await rowsOf(client, "SELECT * FROM grown ORDER BY id")).toEqual(expected);
});

test("foreign keys hold at the primary, and their actions happen there too", async () => {
  const world = await offlineWorld(
    "CREATE TABLE parent (id TEXT PRIMARY KEY)",
    "CREATE TABLE child (id TEXT PRIMARY KEY, parent TEXT REFERENCES parent (id) ON DELETE CASCADE)",
    "INSERT INTO parent VALUES ('p'), ('q')",
    "INSERT INTO child VALUES ('of q', 'q')",
  );
  const [a, b] = [world.open("a"), world.open("b")];
  await b.execute("SELECT 1");
  await a.execute("DELETE FROM parent");
  await b.execute("INSERT INTO child VALUES ('of p', 'p')");
  await a.push();
  expect(await world.atPrimary("SELECT * FROM child")).toEqual([]);
  expect(await b.push()).toEqual({ pushed: 0, rejected: 1 });
  expect((await b.conflicts())[0]).toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY", row: { id: "of p" } });
  await b.pull();
  await a.pull();
  expect(await rowsOf(b, "SELECT * FROM child")).toEqual([]);
  expect(await rowsOf(a, "SELECT * FROM child UNION ALL SELECT id, id FROM parent")).toEqual([]);
});

test("prepared statements, iterations and transactions go on across a pull", async () => {
  const world = await offlineWorld("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER)");
  const a = world.open("a");
  const find = a.prepare("SELECT n FROM t WHERE id = ?");
  const add = a.prepare("INSERT INTO t VALUES (?, ?) RETURNING n");
  expect((await add.get(["a", 1]))?.["n"]).toBe(1);
  await world.atPrimary("INSERT INTO t VALUES ('b', 2)");
  const tx = await a.transaction("write");
  await tx.execute("UPDATE t SET n = 10 WHERE id = 'a'");
  const pulling = a.pull();
  await new Promise((resolve) => void setTimeout(resolve, 100));
  await tx.commit();
  await pulling;
  expect((await find.get(["a"]))?.["n"]).toBe(10);
  expect((await find.get(["b"]))?.["n"]).toBe(2);
  const seen: unknown[] = [];
  for await (const row of a.iterate("SELECT id FROM t ORDER BY id")) seen.push(row["id"]);
  expect(seen).toEqual(["a", "b"]);
  await a.push();
  expect(await world.atPrimary("SELECT * FROM t ORDER BY id")).toEqual([
    ["a", 10],
    ["b", 2],
  ]);
  await expect(a.transaction(async (inner) => inner.execute("DELETE FROM t"), { mode: "read" })).rejects.toMatchObject({
    code: "SQLITE_READONLY",
  });
  await expect(a.journalMode("mvcc")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  expect(await a.journalMode()).toBe("wal");
});
