import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startTursoSyncServer } from "@litefleet/testing";
import { expect, test } from "vitest";
import { createClient } from "../src/index.ts";
import type { LitefleetError } from "../src/index.ts";
import { startProgram } from "./local-fixture.ts";
import { offlineWorld, rowsOf, runAt } from "./offline-fixture.ts";

const notes = "CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT)";
const ids = "SELECT id FROM notes ORDER BY id";
const offline = { engine: "turso", offline: true } as const;

test("a sync server that was started on a database with a history is found out", async () => {
  const world = await offlineWorld();
  const file = join(world.folder, "old.db");
  const old = new DatabaseSync(file);
  old.exec(`PRAGMA journal_mode = WAL; ${notes}; INSERT INTO notes VALUES ('old', 'row')`);
  old.close();
  await using server = await startTursoSyncServer({ file });
  expect(await runAt(server.url, [ids])).toEqual([["old"]]);
  const client = world.open("a", { syncUrl: server.url });
  await expect(client.execute(ids)).rejects.toMatchObject({ code: "SYNC_FAILED" });
  await expect(client.execute("INSERT INTO notes VALUES ('new', '')")).rejects.toMatchObject({ code: "SYNC_FAILED" });
  await runAt(server.url, ["INSERT INTO notes VALUES ('b', '')"]);
  await expect(client.execute(ids)).rejects.toMatchObject({ code: "SYNC_FAILED" });
});

test("a primary in MVCC mode is refused", async () => {
  const world = await offlineWorld(notes, "PRAGMA journal_mode = 'mvcc'");
  await expect(world.open("a").execute(ids)).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("the first start waits for the primary, later ones do not need it", async () => {
  const world = await offlineWorld(notes, "INSERT INTO notes VALUES ('p', '')");
  await world.server.kill();
  const client = world.open("a");
  await expect(client.execute(ids)).rejects.toMatchObject({ code: "PRIMARY_UNREACHABLE", isRetryable: true });
  await world.server.restart();
  expect(await rowsOf(client, ids)).toEqual([["p"]]);
  await world.server.kill();
  client.close();

  const again = world.open("a");
  await again.execute("INSERT INTO notes VALUES ('mine', '')");
  await again.execute("INSERT INTO notes VALUES ('p', 'u') ON CONFLICT (id) DO UPDATE SET body = excluded.body");
  again.close();
  const third = world.open("a");
  expect(third.status().pending).toBe(2);
  expect(await rowsOf(third, ids)).toEqual([["mine"], ["p"]]);
  await world.server.restart();
  expect(await third.push()).toEqual({ pushed: 2, rejected: 0 });
});

test("what is open elsewhere, or is somebody else's, is left alone", async () => {
  const world = await offlineWorld(...["counters", "entries"].map((name) => notes.replace("notes", name)), notes);
  const client = world.open("a");
  await client.execute(ids);
  expect(() => world.open("a")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  const program = startProgram("offline-until-killed", join(world.folder, "a.db"), world.server.url, "0");
  expect(await program.line()).toBeUndefined();
  expect(await program.ended).toBe(3);
  await client.execute("INSERT INTO notes VALUES ('mine', '')");

  const path = join(world.folder, "foreign.db");
  const foreign = new DatabaseSync(path);
  foreign.exec("CREATE TABLE precious (a)");
  foreign.close();
  const before = readFileSync(path);
  expect(() => world.open("foreign")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(existsSync(`${path}-outbox`)).toBe(false);
  const missing = { ...offline, url: `file:${join(world.folder, "no", "a.db")}`, syncUrl: world.server.url };
  expect(() => createClient(missing)).toThrow(expect.objectContaining({ code: "SQLITE_CANTOPEN" }));
});

test("a first fetch that was interrupted begins anew", async () => {
  const world = await offlineWorld(notes, "INSERT INTO notes VALUES ('p', '')");
  await world.server.kill();
  const client = world.open("a");
  await expect(client.execute(ids)).rejects.toMatchObject({ code: "PRIMARY_UNREACHABLE" });
  client.close();
  // As a process that is killed leaves it: pages, and no word of what they are.
  writeFileSync(join(world.folder, "a.db"), Buffer.alloc(8192));
  await world.server.restart();
  expect(await rowsOf(world.open("a"), ids)).toEqual([["p"]]);
});

test("a primary that was made anew takes nothing, and nothing is lost", async () => {
  const world = await offlineWorld(notes);
  const client = world.open("a");
  await client.execute("INSERT INTO notes VALUES ('seen', '')");
  await client.sync();
  await client.pull();
  await client.execute("INSERT INTO notes VALUES ('pending', '')");
  client.close();
  await using fresh = await startTursoSyncServer();
  await runAt(fresh.url, [notes]);
  const moved = world.open("a", { syncUrl: fresh.url });
  await expect(moved.push()).rejects.toMatchObject({ code: "SYNC_FAILED" });
  await expect(moved.pull()).rejects.toMatchObject({ code: "SYNC_FAILED" });
  expect(moved.status()).toMatchObject({ pending: 1, offline: { lastError: { code: "SYNC_FAILED" } } });
  expect(await rowsOf(moved, ids)).toEqual([["pending"], ["seen"]]);
  expect(await runAt(fresh.url, [ids])).toEqual([]);
});

test("a primary that lost only the end of what it had taken gets that again", async () => {
  const world = await offlineWorld();
  const file = join(world.folder, "server.db");
  await using server = await startTursoSyncServer({ file });
  await runAt(server.url, [notes]);
  const client = world.open("a", { syncUrl: server.url });
  await client.execute("INSERT INTO notes VALUES ('one', '')");
  await client.sync();
  await client.pull();
  await server.kill();
  const files = ["", "-wal"].map((ending) => [file + ending, readFileSync(file + ending)] as const);
  await server.restart();
  await client.execute("INSERT INTO notes VALUES ('two', '')");
  await client.push();
  expect(client.status().pending).toBe(0);
  await server.kill();
  for (const [path, bytes] of files) writeFileSync(path, bytes);
  await server.restart();
  await client.execute("INSERT INTO notes VALUES ('three', '')");
  await client.sync();
  expect(await runAt(server.url, [ids])).toEqual([["one"], ["three"], ["two"]]);
});

test("a copy of the file is found out, and loses nothing", async () => {
  const world = await offlineWorld(notes);
  const client = world.open("a");
  await client.execute("INSERT INTO notes VALUES ('before', '')");
  client.close();
  await expect.poll(() => readFileSync(join(world.folder, "a.db-outbox")).length).toBeGreaterThan(0);
  for (const ending of ["", "-info", "-wal", "-changes", "-outbox"]) {
    const path = join(world.folder, `a.db${ending}`);
    if (existsSync(path)) writeFileSync(join(world.folder, `b.db${ending}`), readFileSync(path));
  }
  const [a, b] = [world.open("a"), world.open("b")];
  await a.execute("INSERT INTO notes VALUES ('a', '')");
  await b.execute("INSERT INTO notes VALUES ('b', '')");
  await a.push();
  await expect(b.push()).rejects.toMatchObject({ code: "SYNC_FAILED" });
  await expect(b.pull()).rejects.toMatchObject({ code: "SYNC_FAILED" });
  expect(b.status().pending).toBe(2);
  expect(await rowsOf(b, ids)).toEqual([["b"], ["before"]]);
  await a.execute("INSERT INTO notes VALUES ('more', '')");
  await a.sync();
  expect(await world.atPrimary(ids)).toEqual([["a"], ["before"], ["more"]]);
});

test("a local file that was removed is fetched anew, with what is pending on top", async () => {
  const world = await offlineWorld(notes, "INSERT INTO notes VALUES ('p', '')");
  const client = world.open("a");
  await client.execute("INSERT INTO notes VALUES ('pushed', '')");
  await client.push();
  await client.execute("INSERT INTO notes VALUES ('pending', '')");
  client.close();
  rmSync(join(world.folder, "a.db"));
  const again = world.open("a");
  expect(await rowsOf(again, ids)).toEqual([["p"], ["pending"], ["pushed"]]);
  expect(again.status().pending).toBe(1);
  await again.sync();
  expect(await world.atPrimary(ids)).toEqual([["p"], ["pending"], ["pushed"]]);
});

test("reconnect() and syncInterval", async () => {
  const world = await offlineWorld(notes);
  const client = world.open("a", { syncInterval: 0.05 });
  const errors: LitefleetError[] = [];
  client.on("error", ({ error }) => void errors.push(error));
  await client.execute("INSERT INTO notes VALUES ('one', '')");
  client.close();
  await expect(client.execute(ids)).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  await expect(client.push()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  await client.reconnect();
  await expect.poll(() => world.atPrimary(ids)).toEqual([["one"]]);
  await world.atPrimary("INSERT INTO notes VALUES ('two', '')");
  await expect.poll(() => rowsOf(client, ids)).toEqual([["one"], ["two"]]);
  await world.server.kill();
  await expect.poll(() => errors.map(({ code }) => code)).toContain("PRIMARY_UNREACHABLE");
  expect(client.status().offline).toMatchObject({
    isPrimaryReachable: false,
    lastError: { code: "PRIMARY_UNREACHABLE" },
  });
});

test("without the library an error says how to install it", async () => {
  const world = await offlineWorld();
  const program = startProgram("without-sync-library", join(world.folder, "a.db"));
  expect(await program.line()).toBe("ENGINE_MISSING true");
});

test("a configuration that cannot work is refused at once", () => {
  const file = { ...offline, url: "file:x.db", syncUrl: "http://127.0.0.1:1" };
  const refused: [object, string][] = [
    [{ ...file, engine: undefined }, "UNSUPPORTED"],
    [{ ...file, engine: "libsql" }, "UNSUPPORTED"],
    [{ ...file, syncUrl: undefined }, "UNSUPPORTED"],
    [{ ...file, encryptionKey: "k" }, "UNSUPPORTED"],
    [{ ...file, url: ":memory:" }, "URL_INVALID"],
    [{ ...file, url: "http://127.0.0.1:1" }, "URL_INVALID"],
    [{ ...file, syncUrl: "file:y.db" }, "URL_INVALID"],
    [{ ...file, syncUrl: "ws://127.0.0.1:1" }, "URL_INVALID"],
    [{ url: ":memory:", allowRowidKeys: true }, "CONFIG_INVALID"],
    [{ url: ":memory:", resolve: () => "keep" }, "CONFIG_INVALID"],
  ];
  for (const [config, code] of refused) {
    expect(() => createClient(config as never), JSON.stringify(config)).toThrow(expect.objectContaining({ code }));
  }
  expect(() => createClient({ ...file, resolve: "keep" as never })).toThrow(TypeError);
  expect(() => createClient({ ...file, allowRowidKeys: 1 as never })).toThrow(TypeError);
  expect(existsSync("x.db-outbox")).toBe(false);
});

test("other clients have no push, pull or conflicts", async () => {
  const client = createClient({ url: ":memory:" });
  for (const call of ["push", "pull", "conflicts"] as const) {
    await expect(client[call]()).rejects.toMatchObject({ code: "UNSUPPORTED" });
  }
  client.close();
});
