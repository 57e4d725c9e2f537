import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@libsql/client";
import type { Config } from "@libsql/client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startSqld } from "../src/index.ts";
import type { SqldServer } from "../src/index.ts";

let sqld: SqldServer;

beforeAll(async () => {
  sqld = await startSqld({ namespaces: true });
});
afterAll(() => sqld.stop());

/** What the `name` table of a namespace says; it is made where there is none. */
async function nameIn(config: Config): Promise<unknown> {
  const client = createClient(config);
  try {
    return (await client.execute("SELECT name FROM name")).rows[0]?.["name"];
  } finally {
    client.close();
  }
}

async function createNamed(name: string): Promise<void> {
  await sqld.createNamespace(name);
  const client = createClient(sqld.clientConfig(name));
  await client.batch(["CREATE TABLE name (name TEXT)", { sql: "INSERT INTO name VALUES (?)", args: [name] }]);
  client.close();
}

async function replicaFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-testing-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

// The header's base64 has 0, 1 and 2 characters of padding to lose.
test.each(["abc", "abcd", "abcde", "a-b_c.d", "UPPER"])("namespace %s is a database of its own", async (name) => {
  await createNamed(name);
  expect(await nameIn(sqld.clientConfig(name))).toBe(name);
});

test("interactive transactions stay in their namespace", async () => {
  await createNamed("interactive");
  const client = createClient(sqld.clientConfig("interactive"));
  onTestFinished(() => client.close());
  const transaction = await client.transaction("write");
  await transaction.execute("UPDATE name SET name = 'changed'");
  await transaction.commit();
  expect(await nameIn(sqld.clientConfig("interactive"))).toBe("changed");
});

test("a namespace is forked and deleted", async () => {
  await createNamed("original");
  await sqld.forkNamespace("original", "copy");
  expect(await nameIn(sqld.clientConfig("copy"))).toBe("original");
  await sqld.deleteNamespace("copy");
  await expect(nameIn(sqld.clientConfig("copy"))).rejects.toMatchObject({ code: "SERVER_ERROR" });
  expect(await nameIn(sqld.clientConfig("original"))).toBe("original");
});

test("a namespace that exists already is refused", async () => {
  await sqld.createNamespace("twice");
  await expect(sqld.createNamespace("twice")).rejects.toMatchObject({ name: "TestingError", code: "ADMIN_FAILED" });
});

test.each(["", ".", "..", "../x", "a/b", "a b", "ä", ".a", "a..b"])("%j is refused as a namespace", async (name) => {
  await expect(sqld.createNamespace(name)).rejects.toThrow(RangeError);
  await expect(sqld.forkNamespace("default", name)).rejects.toThrow(RangeError);
  await expect(sqld.deleteNamespace(name)).rejects.toThrow(RangeError);
  await expect(sqld.namespaceUrl(name)).rejects.toThrow(RangeError);
  expect(() => sqld.clientConfig(name)).toThrow(RangeError);
});

test("a namespace's own url serves http, ws and embedded replicas, also after a restart", async () => {
  await createNamed("tenant");
  const url = await sqld.namespaceUrl("tenant");
  expect(await sqld.namespaceUrl("tenant")).toBe(url);
  await sqld.kill();
  await expect(nameIn({ url })).rejects.toThrow("fetch failed");
  await sqld.restart();
  expect(await nameIn({ url })).toBe("tenant");
  expect(await nameIn({ url: url.replace("http", "ws") })).toBe("tenant");
  const file = `file:${path.join(await replicaFolder(), "replica.db")}`;
  const replica = createClient({ url: file, syncUrl: url });
  await replica.sync();
  await replica.execute("UPDATE name SET name = 'written through the replica'");
  replica.close();
  expect(await nameIn({ url: file })).toBe("written through the replica");
  expect(await nameIn(sqld.clientConfig("tenant"))).toBe("written through the replica");
});

// The first label of the host is the namespace, and resolvers read octal and hexadecimal numbers: a native client, which
// keeps the URL as it is written, needs no name server for these.
test.each(["0177", "00177", "0x7f"])("a native replica reaches namespace %s by its host", async (name) => {
  await createNamed(name);
  const syncUrl = `http://${name}.0.0.1:${new URL(sqld.url).port}`;
  const replica = createClient({ url: `file:${path.join(await replicaFolder(), "replica.db")}`, syncUrl });
  onTestFinished(() => replica.close());
  await replica.sync();
  expect((await replica.execute("SELECT name FROM name")).rows[0]?.["name"]).toBe(name);
});

test("a server without namespaces says so", async () => {
  await using plain = await startSqld();
  await expect(plain.createNamespace("acme")).rejects.toThrow(TypeError);
  await expect(plain.namespaceUrl("acme")).rejects.toThrow(TypeError);
  expect(() => plain.clientConfig("acme")).toThrow(TypeError);
});
