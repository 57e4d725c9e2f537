import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { migrate, status } from "../src/index.ts";
import { blogDir, blogMigrations, blogUpTo, blogWith, fillBlog } from "./blog.ts";
import { failure } from "./failure.ts";
import { countsOf, schemaOf, writeFiles, writeFolder } from "./scratch.ts";

vi.setConfig({ testTimeout: 60_000 });

let server: SqldServer;
let used = 0;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startSqld({ namespaces: true });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server?.stop();
});

/** A new database, and how many requests were sent to it. */
async function open(): Promise<{ readonly client: Client; readonly requests: () => number }> {
  used += 1;
  await server.createNamespace(`one${used}`);
  const config = server.clientConfig(`one${used}`);
  let count = 0;
  const send: typeof fetch = (...args) => {
    count += 1;
    const { fetch: inner = fetch } = config;
    return inner(...args);
  };
  const client = createClient({ ...config, fetch: send });
  clients.push(client);
  const requests = (): number => {
    const since = count;
    count = 0;
    return since;
  };
  return { client, requests };
}

test("a database is read in one request and migrated in another", async () => {
  const { client, requests } = await open();
  await migrate(client, { dir: await blogUpTo(1) });
  expect(requests()).toBe(2);
  await fillBlog(client);
  requests();
  // A rebuild of a parent table, with the rows counted and the references checked.
  expect(await migrate(client, { dir: blogDir })).toMatchObject({ applied: [blogMigrations[1]] });
  expect(requests()).toBe(2);
  expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
  requests();
  expect(await migrate(client, { dir: blogDir })).toMatchObject({ state: "up-to-date" });
  expect(requests()).toBe(1);
  expect((await schemaOf(client)).join()).not.toContain("_litefleet");
});

test("what the last two databases held is tried on the next one, and checked there", async () => {
  const [first] = blogMigrations;
  const options = { dir: blogDir, to: first };
  const sent: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const { client, requests } = await open();
    expect(await migrate(client, options)).toMatchObject({ state: "migrated", applied: [first] });
    sent.push(requests());
  }
  // The last one of this folder was up to date, so that the first here is asked for its ledger alone.
  expect(sent).toEqual([3, 2, 1, 1]);
  // One that holds something, though no migration: what stands in the way is told of.
  const taken = await open();
  await taken.client.execute("CREATE TABLE authors (x)");
  expect(await failure(migrate(taken.client, options))).toMatchObject({ code: "MIGRATION_FAILED", applied: [] });
  expect(await schemaOf(taken.client)).toHaveLength(1);
  // That guess was wrong, so the next two are asked again.
  sent.length = 0;
  for (let i = 0; i < 3; i += 1) {
    const { client, requests } = await open();
    await migrate(client, options);
    sent.push(requests());
  }
  expect(sent).toEqual([2, 2, 1]);
  // One that is up to date already.
  const done = await open();
  await migrate(done.client, { dir: await blogUpTo(1) });
  done.requests();
  const events: string[] = [];
  const onEvent = ({ type }: { readonly type: string }): void => void events.push(type);
  expect(await migrate(done.client, { ...options, onEvent })).toMatchObject({ state: "up-to-date", applied: [] });
  expect(done.requests()).toBe(2);
  expect(events).toEqual(["begin", "retry"]);
});

test("a guess counts rows as a reading does", async () => {
  const dir = await writeFolder({
    "0000_t": "CREATE TABLE t (id INTEGER PRIMARY KEY, n UNIQUE);",
    "0001_change": "UPDATE OR REPLACE t SET n = 1;",
  });
  // A folder that has just been written is read again each time, and so every guess forgotten.
  await sleep(200);
  const databases = [await open(), await open(), await open(), await open()] as const;
  for (const { client } of databases) await migrate(client, { dir, to: "0000_t" });
  const sent: number[] = [];
  for (const { client, requests } of databases.slice(0, 3)) {
    await client.execute("INSERT INTO t (n) VALUES (0)");
    requests();
    expect(await migrate(client, { dir })).toMatchObject({ applied: ["0001_change"] });
    sent.push(requests());
  }
  // The first was taken for an empty one.
  expect(sent).toEqual([3, 2, 1]);
  const [, , , { client }] = databases;
  await client.execute("INSERT INTO t (n) VALUES (0), (1)");
  expect(await failure(migrate(client, { dir }))).toMatchObject({ code: "ROW_LOSS", migration: "0001_change" });
  expect(await countsOf(client, "t")).toEqual({ t: 2 });
});

test("formats with a journal of ours, and references that were broken before, are migrated too", async () => {
  const { client } = await open();
  const files = { "1_a.sql": "-- migrate:up\nCREATE TABLE a (x);\n-- migrate:down\n" };
  await migrate(client, { dir: await writeFiles(files) });
  const more = {
    ...files,
    "2_b.sql": "-- migrate:up\nINSERT INTO a VALUES (1);\nUPDATE a SET x = 2;\n-- migrate:down\n",
  };
  const dir = await writeFiles(more);
  expect(await migrate(client, { dir })).toMatchObject({ applied: ["2_b"] });
  const edited = await writeFiles({ ...more, "1_a.sql": `${more["1_a.sql"]}-- edited\n` });
  expect(await status(client, { dir: edited })).toMatchObject({ edited: ["1_a"] });
  const tx = await client.transaction("write", { foreignKeys: "off" });
  await tx.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)");
  await tx.execute("CREATE TABLE c (p REFERENCES p)");
  await tx.execute("INSERT INTO c VALUES (7)");
  await tx.commit();
  const rebuild =
    "CREATE TABLE n (id INTEGER PRIMARY KEY);\nINSERT INTO n SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE n RENAME TO p;";
  const third = await writeFiles({ ...more, "3_p.sql": `-- migrate:up\n${rebuild}\n-- migrate:down\n` });
  expect(await migrate(client, { dir: third })).toMatchObject({ applied: ["3_p"] });
  expect(await countsOf(client, "c")).toEqual({ c: 1 });
});

test("what a check or a statement stops is told as it is without a batch, and leaves nothing", async () => {
  const { client } = await open();
  await migrate(client, { dir: await blogUpTo(1) });
  await fillBlog(client);
  const before = await schemaOf(client);
  for (const [sql, code] of [
    ["DELETE FROM authors WHERE id = 1;", "ROW_LOSS"],
    ["CREATE TABLE z (x);\nINSERT INTO nowhere VALUES (1);", "MIGRATION_FAILED"],
    [
      "PRAGMA foreign_keys=OFF;\nCREATE TABLE n (id integer PRIMARY KEY NOT NULL, name text);\nINSERT INTO n SELECT id, name FROM authors WHERE id > 1;\nDROP TABLE authors;\nALTER TABLE n RENAME TO authors;",
      "FOREIGN_KEY_VIOLATION",
    ],
  ] as const) {
    expect(await failure(migrate(client, { dir: await blogWith(sql) }))).toMatchObject({
      code,
      migration: "0001_change",
    });
    expect(await schemaOf(client)).toEqual(before);
    expect(await countsOf(client, "authors", "posts", "comments")).toEqual({ authors: 2, posts: 3, comments: 4 });
  }
});
