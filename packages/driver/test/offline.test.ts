import { expect, test } from "vitest";
import type { Conflict } from "../src/index.ts";
import { offlineWorld, rowsOf } from "./offline-fixture.ts";

const notes = "CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT, stars INTEGER)";
const users = "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT UNIQUE)";
const all = "SELECT * FROM notes ORDER BY id";

test("two clients write while the primary is away, and end equal to it", async () => {
  const world = await offlineWorld(notes, "INSERT INTO notes VALUES ('shared', 'hello', 0)");
  const [a, b] = [world.open("a"), world.open("b")];
  await a.execute(all);
  await b.execute(all);
  await world.server.kill();

  await a.execute("INSERT INTO notes VALUES ('a', 'from a', 1)");
  await a.execute("UPDATE notes SET body = ? WHERE id = 'shared'", ["changed by a"]);
  await b.batch(
    ["INSERT INTO notes VALUES ('b', 'from b', 2)", "UPDATE notes SET stars = 5 WHERE id = 'shared'"],
    "write",
  );
  expect(a.status().pending).toBe(2);
  expect(b.status().pending).toBe(2);
  await expect(a.push()).rejects.toMatchObject({ code: "PRIMARY_UNREACHABLE", isRetryable: true });
  await expect(a.pull()).rejects.toMatchObject({ code: "PRIMARY_UNREACHABLE", isRetryable: true });
  expect(a.status().pending).toBe(2);

  await world.server.restart();
  expect(await a.push()).toEqual({ pushed: 2, rejected: 0 });
  expect(a.status().pending).toBe(0);
  await b.sync();
  await a.sync();
  const expected = [
    ["a", "from a", 1],
    ["b", "from b", 2],
    ["shared", "changed by a", 5],
  ];
  expect(await rowsOf(a, all)).toEqual(expected);
  expect(await rowsOf(b, all)).toEqual(expected);
  expect(await world.atPrimary(all)).toEqual(expected);
  expect(await a.conflicts()).toEqual([]);
});

test("a pull leaves what was not pushed in place, and pending", async () => {
  const world = await offlineWorld(notes);
  const a = world.open("a");
  await a.execute("INSERT INTO notes VALUES ('mine', 'local', 1)");
  await world.atPrimary("INSERT INTO notes VALUES ('theirs', 'remote', 1)");
  expect(await a.pull()).toEqual({ hasChanges: true, rejected: 0 });
  expect(await rowsOf(a, "SELECT id FROM notes ORDER BY id")).toEqual([["mine"], ["theirs"]]);
  expect(a.status().pending).toBe(1);
  expect(await world.atPrimary("SELECT id FROM notes")).toEqual([["theirs"]]);
  await a.execute("UPDATE notes SET stars = 2 WHERE id = 'mine'");
  await a.push();
  expect(await world.atPrimary("SELECT id, stars FROM notes ORDER BY id")).toEqual([
    ["mine", 2],
    ["theirs", 1],
  ]);
});

test("a row that the primary refuses is kept as a conflict, across a restart", async () => {
  const world = await offlineWorld(users);
  const [a, b] = [world.open("a"), world.open("b")];
  await a.execute("INSERT INTO users VALUES ('a', 'same@example.com')");
  await b.execute("INSERT INTO users VALUES ('b', 'same@example.com')");
  await b.execute("INSERT INTO users VALUES ('c', 'other@example.com')");
  const events: Conflict[] = [];
  b.on("rejected", ({ conflict }) => void events.push(conflict));
  await a.push();
  expect(await b.push()).toEqual({ pushed: 1, rejected: 1 });
  expect(events).toHaveLength(1);
  expect(b.status()).toMatchObject({ pending: 0, offline: { conflicts: 1 } });
  await b.pull();
  expect(await rowsOf(b, "SELECT id FROM users ORDER BY id")).toEqual([["a"], ["c"]]);
  b.close();

  const again = world.open("b");
  const [conflict] = await again.conflicts();
  expect(conflict).toMatchObject({
    table: "users",
    kind: "insert",
    key: { id: "b" },
    row: { id: "b", email: "same@example.com" },
    code: "SQLITE_CONSTRAINT_UNIQUE",
  });
  await expect(conflict!.retry()).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT" });
  expect(await again.conflicts()).toHaveLength(1);
  await again.execute("UPDATE users SET email = 'first@example.com' WHERE id = 'a'");
  await conflict!.retry();
  expect(await again.conflicts()).toEqual([]);
  await again.sync();
  expect(await world.atPrimary("SELECT id, email FROM users ORDER BY id")).toEqual([
    ["a", "first@example.com"],
    ["b", "same@example.com"],
    ["c", "other@example.com"],
  ]);
});

test("edits of the same column conflict, of different columns do not; an upsert is one too", async () => {
  const world = await offlineWorld(notes, "INSERT INTO notes VALUES ('x', 'one', 1), ('y', 'one', 1), ('z', 'one', 1)");
  const [a, b] = [world.open("a"), world.open("b")];
  await b.execute(all);
  await a.execute("UPDATE notes SET body = 'a' WHERE id = 'x'");
  await a.execute(
    "INSERT INTO notes VALUES ('y', '', 10) ON CONFLICT (id) DO UPDATE SET stars = stars + excluded.stars",
  );
  await a.execute("DELETE FROM notes WHERE id = 'z'");
  await b.execute("UPDATE notes SET body = 'b', stars = 7 WHERE id = 'x'");
  await b.execute(
    "INSERT INTO notes VALUES ('y', '', 20) ON CONFLICT (id) DO UPDATE SET stars = stars + excluded.stars",
  );
  await b.execute("UPDATE notes SET stars = 3 WHERE id = 'z'");
  await a.push();
  expect(await b.push()).toEqual({ pushed: 0, rejected: 3 });
  await b.pull();
  expect(await rowsOf(b, all)).toEqual([
    ["x", "a", 1],
    ["y", "one", 11],
  ]);
  expect(await b.conflicts()).toMatchObject([
    { code: "ROW_CHANGED", row: { id: "x", body: "b", stars: 7 }, theirs: { id: "x", body: "a", stars: 1 } },
    { code: "ROW_CHANGED", row: { id: "y", stars: 21 }, before: { id: "y", stars: 1 }, theirs: { id: "y", stars: 11 } },
    { code: "ROW_GONE", row: { id: "z", stars: 3 }, theirs: undefined },
  ]);
  expect(await world.atPrimary(all)).toEqual(await rowsOf(b, all));
});

test("the same conflicts come of a pull", async () => {
  const world = await offlineWorld(notes, users, "INSERT INTO notes VALUES ('x', 'one', 1), ('y', 'one', 1)");
  const b = world.open("b");
  await b.execute("UPDATE notes SET body = 'b' WHERE id = 'x'");
  await b.execute("DELETE FROM notes WHERE id = 'y'");
  await b.execute("INSERT INTO users VALUES ('u', 'mail')");
  await b.execute("INSERT INTO notes VALUES ('fine', 'b', 1)");
  await world.atPrimary(
    "UPDATE notes SET body = 'primary' WHERE id = 'x'",
    "UPDATE notes SET stars = 2 WHERE id = 'y'",
    "INSERT INTO users VALUES ('other', 'mail')",
  );
  expect(await b.pull()).toEqual({ hasChanges: true, rejected: 3 });
  expect(b.status()).toMatchObject({ pending: 1, offline: { conflicts: 3 } });
  expect((await b.conflicts()).map(({ kind, code, theirs }) => [kind, code, theirs])).toEqual([
    ["update", "ROW_CHANGED", { id: "x", body: "primary", stars: 1 }],
    ["delete", "ROW_CHANGED", { id: "y", body: "one", stars: 2 }],
    ["insert", "SQLITE_CONSTRAINT_UNIQUE", undefined],
  ]);
  expect(await rowsOf(b, all)).toEqual([
    ["fine", "b", 1],
    ["x", "primary", 1],
    ["y", "one", 2],
  ]);
  await b.push();
  expect(await world.atPrimary(all)).toEqual(await rowsOf(b, all));
});

test("a transaction is refused as a whole", async () => {
  const world = await offlineWorld(users, "INSERT INTO users VALUES ('p', 'taken')");
  const b = world.open("b");
  await b.execute("DELETE FROM users");
  await b.push();
  await world.atPrimary("INSERT INTO users VALUES ('q', 'taken')");
  await b.transaction(async (tx) => {
    await tx.execute("INSERT INTO users VALUES ('b1', 'free')");
    await tx.execute("INSERT INTO users VALUES ('b2', 'taken')");
    await tx.execute("UPDATE users SET email = 'freer' WHERE id = 'b1'");
  });
  await Promise.all([
    b.execute("INSERT INTO users VALUES ('b3', 'alone')"),
    b.execute("INSERT INTO users VALUES ('b4', 'taken too')"),
  ]);
  expect(await b.push()).toEqual({ pushed: 2, rejected: 1 });
  const [conflict] = await b.conflicts();
  expect(conflict).toMatchObject({ row: { id: "b2" }, code: "SQLITE_CONSTRAINT_UNIQUE" });
  expect(conflict!.changes.map(({ kind, key }) => [kind, key])).toEqual([
    ["insert", { id: "b1" }],
    ["insert", { id: "b2" }],
    ["update", { id: "b1" }],
  ]);
  await b.pull();
  expect(await rowsOf(b, "SELECT id FROM users ORDER BY id")).toEqual([["b3"], ["b4"], ["q"]]);
  await conflict!.discard();
  expect(b.status().offline?.conflicts).toBe(0);
});

test.for(["push", "pull"] as const)(
  "`resolve` keeps, skips or rewrites what would be a conflict, in a %s",
  async (how) => {
    const ids = ["keep", "skip", "rewrite", "leave", "gone", "removed"];
    const world = await offlineWorld(notes, ...ids.map((id) => `INSERT INTO notes VALUES ('${id}', 'one', 1)`));
    const asked: unknown[] = [];
    const b = world.open("b", {
      resolve: (change) => {
        asked.push([change.key["id"], change.kind, change.code]);
        const id = String(change.key["id"]);
        if (id === "skip") return "skip";
        if (id === "leave") return undefined;
        if (id !== "rewrite") return "keep";
        return { rewrite: { body: `${String(change.theirs?.["body"])}+${String(change.after?.["body"])}` } };
      },
    });
    for (const id of ids.slice(0, 5)) await b.execute("UPDATE notes SET body = 'mine' WHERE id = ?", [id]);
    await b.execute("DELETE FROM notes WHERE id = 'removed'");
    await world.atPrimary("UPDATE notes SET body = 'theirs', stars = 2", "DELETE FROM notes WHERE id = 'gone'");
    expect((await b[how]()).rejected).toBe(1);
    expect(asked).toEqual([
      ["keep", "update", "ROW_CHANGED"],
      ["skip", "update", "ROW_CHANGED"],
      ["rewrite", "update", "ROW_CHANGED"],
      ["leave", "update", "ROW_CHANGED"],
      ["gone", "update", "ROW_GONE"],
      ["removed", "delete", "ROW_CHANGED"],
    ]);
    await b.sync();
    await b.pull();
    const expected = [
      ["gone", "mine", 1],
      ["keep", "mine", 2],
      ["leave", "theirs", 2],
      ["rewrite", "theirs+mine", 2],
      ["skip", "theirs", 2],
    ];
    expect(await world.atPrimary(all)).toEqual(expected);
    expect(await rowsOf(b, all)).toEqual(expected);
    expect(asked).toHaveLength(6);
    expect((await b.conflicts()).map(({ row }) => row)).toEqual([{ id: "leave", body: "mine", stars: 1 }]);
  },
);

test("what cannot be carried to the primary is refused before it runs", async () => {
  const world = await offlineWorld(
    "CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
    "CREATE TABLE alias (id INTEGER PRIMARY KEY, v)",
    "CREATE TABLE bare (v)",
    "CREATE TABLE log (id TEXT PRIMARY KEY)",
    users,
    "CREATE TRIGGER users_log AFTER INSERT ON users BEGIN INSERT INTO log VALUES (new.id); END",
  );
  const a = world.open("a");
  const unsupported = { code: "UNSUPPORTED" };
  for (const sql of [
    "CREATE TABLE t (a)",
    "ALTER TABLE log ADD COLUMN b",
    "DROP TABLE log",
    "VACUUM",
    "PRAGMA journal_mode = 'mvcc'",
    "PRAGMA capture_data_changes_conn('off')",
    "PRAGMA user_version = 4",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "DELETE FROM turso_cdc",
    "INSERT INTO auto (v) VALUES (1)",
    "INSERT INTO alias VALUES (1, 1)",
    "WITH x AS (SELECT 1) INSERT OR REPLACE INTO main.bare SELECT * FROM x",
    'UPDATE OR IGNORE "bare" SET v = 1',
    "DELETE FROM [auto]",
    "INSERT INTO users VALUES ('u', 'e')",
  ]) {
    await expect(a.execute(sql), sql).rejects.toMatchObject(unsupported);
    await expect(a.batch([sql], "write"), sql).rejects.toMatchObject({ ...unsupported, statementIndex: 0 });
    await expect(a.executeMultiple(`SELECT 1; ${sql}`), sql).rejects.toMatchObject(unsupported);
    const tx = await a.transaction("write");
    await expect(tx.execute(sql), sql).rejects.toMatchObject(unsupported);
    await tx.rollback();
  }
  expect(a.status().pending).toBe(0);
});

test("with allowRowidKeys two clients that pick the same number end in a conflict", async () => {
  const world = await offlineWorld(
    "CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT)",
    "CREATE TABLE bare (v TEXT)",
  );
  const [a, b] = ["a", "b"].map((name) => world.open(name, { allowRowidKeys: true }));
  for (const [client, name] of [
    [a!, "a"],
    [b!, "b"],
  ] as const) {
    await client.execute("INSERT INTO auto (v) VALUES (?)", [name]);
    await client.execute("INSERT INTO bare VALUES (?)", [name]);
    await client.execute("UPDATE bare SET v = v || '!'");
  }
  await a!.push();
  expect(await b!.push()).toEqual({ pushed: 0, rejected: 3 });
  await b!.pull();
  expect(await rowsOf(b!, "SELECT id, v FROM auto UNION ALL SELECT rowid, v FROM bare")).toEqual([
    [1, "a"],
    [1, "a!"],
  ]);
  expect((await b!.conflicts()).map(({ row }) => row)).toEqual([
    { id: 1, v: "b" },
    { rowid: 1, v: "b" },
    { rowid: 1, v: "b!" },
  ]);
});

test("every kind of value arrives as it was", async () => {
  const world = await offlineWorld("CREATE TABLE v (id TEXT PRIMARY KEY, x, r REAL, b BLOB)");
  const [a, b] = [world.open("a"), world.open("b")];
  const values = [
    null,
    "",
    "text \u0000 ü 😀",
    0,
    -1,
    2.5,
    3.0,
    9007199254740993n,
    -9223372036854775808n,
    new Uint8Array([0, 255]),
    Infinity,
  ];
  for (const [i, value] of values.entries()) {
    if (value === Infinity) await a.execute("INSERT INTO v VALUES ('inf', 9e999, -9e999, zeroblob(70000))");
    else
      await a.execute("INSERT INTO v VALUES (?, ?, ?, ?)", [
        String(i),
        value,
        typeof value === "number" ? value : null,
        null,
      ]);
  }
  await a.execute("UPDATE v SET r = 7");
  await a.push();
  await b.pull();
  const typed = "SELECT id, typeof(x), quote(x), typeof(r), quote(r), typeof(b), length(b) FROM v ORDER BY id";
  expect(await rowsOf(b, typed)).toEqual(await rowsOf(a, typed));
  expect(b.status().pending).toBe(0);
  await a.pull();
  expect(await rowsOf(a, typed)).toEqual(await rowsOf(b, typed));
});
