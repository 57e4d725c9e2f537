import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect } from "@tursodatabase/sync";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { startTursoSyncServer } from "../src/index.ts";
import { untilGone } from "./fixtures/process-state.ts";

type Database = Awaited<ReturnType<typeof connect>>;

interface Statement {
  all(): Promise<{ readonly body: string }[]>;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function open(name: string, url: string): Promise<Database> {
  const db = await connect({ path: path.join(folder, `${name}.db`), url });
  onTestFinished(() => db.close());
  return db;
}

async function bodies(db: Database): Promise<unknown> {
  const statement: Statement = await db.prepare("SELECT body FROM notes ORDER BY id");
  return (await statement.all()).map((row) => row.body);
}

test("what one client pushes, another pulls", async () => {
  await using server = await startTursoSyncServer();
  const one = await open("one", server.url);
  await one.exec("CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT)");
  await one.exec("INSERT INTO notes VALUES ('a', 'from one')");
  await one.push();
  const two = await open("two", server.url);
  await two.pull();
  expect(await bodies(two)).toEqual(["from one"]);
});

test("pushed rows outlive a kill, on the same port", async () => {
  const file = path.join(folder, "server.db");
  await using server = await startTursoSyncServer({ file });
  expect(server.file).toBe(file);
  const one = await open("one", server.url);
  await one.exec("CREATE TABLE notes (id TEXT PRIMARY KEY, body TEXT)");
  await one.exec("INSERT INTO notes VALUES ('a', 'before')");
  await one.push();
  await server.kill();
  expect(server.pid).toBeUndefined();
  await one.exec("INSERT INTO notes VALUES ('b', 'offline')");
  await expect(one.push()).rejects.toThrow();
  await server.restart();
  await one.push();
  const two = await open("two", server.url);
  await two.pull();
  expect(await bodies(two)).toEqual(["before", "offline"]);
  await server.stop();
  expect(existsSync(file)).toBe(true);
});

test("stop ends the process and removes the file that was made for it", async () => {
  const server = await startTursoSyncServer();
  const pid = server.pid ?? 0;
  expect(existsSync(path.dirname(server.file))).toBe(true);
  await Promise.all([server.stop(), server.stop()]);
  await untilGone([pid], [path.dirname(server.file)]);
});
