import { expect, test } from "vitest";
import { column, expectCode, localEngines, openFile, scratchFile, valueOf } from "./local-fixture.ts";

const tables = "SELECT name FROM sqlite_schema";

test.each(localEngines)("who reads and then writes in a transaction has one connection (%s)", async (engine) => {
  const client = openFile(scratchFile(), { engine });
  expect(await column(client, tables)).toEqual([]);
  const tx = await client.transaction("write");
  await tx.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)");
  expect(client.status().openConnections).toBe(1);
  // Calls beside the transaction have another one, and do not see into it.
  expect(await column(client, tables)).toEqual([]);
  expect(client.status().openConnections).toBe(2);
  await tx.commit();
  expect(await column(client, tables)).toEqual(["t"]);
  const second = await client.transaction("read");
  await second.rollback();
  expect(client.status().openConnections).toBe(2);
});

test.each(localEngines)("what autocommit calls rely on stays where it is (%s)", async (engine) => {
  const client = openFile(scratchFile(), { engine });
  await client.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)");
  await client.execute("INSERT INTO t VALUES (7)");
  const tx = await client.transaction("write");
  await tx.execute("INSERT INTO t VALUES (8)");
  expect(await valueOf(client, "SELECT last_insert_rowid()")).toBe(7);
  await tx.commit();
  expect(await valueOf(client, "SELECT last_insert_rowid()")).toBe(7);
});

test.each(localEngines)("a setting of before the first transaction counts in it and beside it (%s)", async (engine) => {
  const client = openFile(scratchFile(), { engine });
  await client.execute("PRAGMA recursive_triggers = ON");
  const tx = await client.transaction("write");
  expect(await valueOf(client, "PRAGMA recursive_triggers")).toBe(1);
  expect(await valueOf(tx, "PRAGMA recursive_triggers")).toBe(1);
  await tx.rollback();
});

test("a client that is closed while its first connection is lent leaves nothing open", async () => {
  const client = openFile(scratchFile());
  await client.execute("SELECT 1");
  const tx = await client.transaction("write");
  await tx.execute("CREATE TABLE t (x)");
  client.close();
  expect(client.status()).toMatchObject({ closed: true, openConnections: 0 });
  expect(tx.closed).toBe(true);
  await expectCode(client.execute("SELECT 1"), "CLIENT_CLOSED");
});
