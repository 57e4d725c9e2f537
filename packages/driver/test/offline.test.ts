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
  await b.batch(["INSERT INTO notes VALUES ('b', 'from b', 2)", "UPDATE notes SET stars = 5 WHERE id = 'shared'"], "write");
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
  const expected = [["a", "from a", 1], ["b", "from b", 2], ["shared", "changed by a", 5]];
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
  expect(await world.atPrimary("SELECT id, stars FROM notes ORDER BY id")).toEqual([["mine", 2], ["theirs", 1]]);
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
