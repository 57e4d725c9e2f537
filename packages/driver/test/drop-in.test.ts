import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { afterAll, afterEach, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "litefleet-drop-in-"));
const clients: Client[] = [];
let files = 0;

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(config: Config): Client {
  const client = createClient(config);
  clients.push(client);
  return client;
}

function newFile(): string {
  files += 1;
  return `file:${join(folder, `${files}.db`)}`;
}

const count = async (client: Client): Promise<unknown> =>
  (await client.execute("SELECT count(*) AS n FROM t")).rows[0]?.["n"];

describe.each(["libsql", "sqlite"] as const)("what code for the peer relies on, on %s", (engine) => {
  describe.each(["memory", "file"])("in a %s", (place) => {
    const openHere = (options: Partial<Config> = {}): Client =>
      open({ url: place === "memory" ? ":memory:" : newFile(), engine, ...options });

    it("keeps a script's own transaction together", async () => {
      const client = openHere();
      await client.executeMultiple(
        "CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); COMMIT",
      );
      expect(await count(client)).toBe(2);
      const failing = client.executeMultiple(
        "BEGIN; INSERT INTO t VALUES (3); INSERT INTO t VALUES (nothing()); COMMIT",
      );
      await expect(failing).rejects.toMatchObject({ code: "SQLITE_ERROR" });
      expect(await count(client)).toBe(2);
    });

    it("hands no transaction on that a script or a statement left open", async () => {
      const client = openHere();
      await client.execute("CREATE TABLE t (a)");
      await client.executeMultiple("BEGIN; INSERT INTO t VALUES (1)");
      await client.execute("BEGIN");
      await client.execute("INSERT INTO t VALUES (2)");
      expect(await count(client)).toBe(1);
    });

    it("ends what waits at close and at reconnect", async () => {
      const client = openHere();
      for (const end of [() => Promise.resolve(client.close()), () => client.reconnect()]) {
        await client.execute("CREATE TABLE IF NOT EXISTS t (a)");
        const waiting = [client.execute("INSERT INTO t VALUES (1)"), client.execute("SELECT * FROM t")];
        const settled = Promise.allSettled(waiting);
        await end();
        for (const each of await settled) {
          expect(each).toMatchObject({ status: "rejected", reason: { code: "CLIENT_CLOSED" } });
        }
        await client.reconnect();
      }
    });

    it("ends a stream of rows at close and at reconnect", async () => {
      const client = openHere();
      const thousand = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT i FROM n";
      for (const end of [() => Promise.resolve(client.close()), () => client.reconnect()]) {
        const [left, goneOn] = [client.iterate(thousand), client.iterate(thousand)];
        await Promise.all([left.next(), goneOn.next()]);
        await end();
        await left.return?.();
        const rest = (async () => {
          while ((await goneOn.next()).done !== true);
        })();
        await expect(rest).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
        await client.reconnect();
        expect((await client.execute("SELECT 1 AS a")).rows[0]?.["a"]).toBe(1);
      }
    });

    it("stores booleans as integers whatever the intMode", async () => {
      for (const [intMode, expected] of [
        ["number", 1],
        ["bigint", 1n],
        ["string", "1"],
        ["auto", 1],
      ] as const) {
        const { rows } = await openHere({ intMode }).execute("SELECT ? AS value, typeof(?) AS kind", [true, true]);
        expect({ ...rows[0] }).toEqual({ value: expected, kind: "integer" });
      }
    });
  });

  it("has what is attached in transactions, batches and iterations, too", async () => {
    const url = newFile();
    const other = open({ url, engine });
    await other.executeMultiple("CREATE TABLE data (a); INSERT INTO data VALUES (42)");
    other.close();
    const client = open({ url: newFile(), engine });
    await client.execute("CREATE TABLE t (a)");
    await client.transaction(async (tx) => tx.execute("INSERT INTO t VALUES (1)"));
    await client.execute('ATTACH ? AS "the other"', [url.slice("file:".length)]);
    const read = 'SELECT a FROM "the other".data';
    expect((await client.execute(read)).rows[0]?.["a"]).toBe(42);
    await client.transaction(async (tx) => {
      expect((await tx.execute(read)).rows[0]?.["a"]).toBe(42);
      await tx.execute('UPDATE "the other".data SET a = (SELECT a FROM t)');
    });
    expect((await client.batch([read], "read"))[0]?.rows[0]?.["a"]).toBe(1);
    for await (const row of client.iterate(read)) expect(row["a"]).toBe(1);
    await client.execute('DETACH "the other"');
    await expect(client.execute(read)).rejects.toMatchObject({ code: "SQLITE_ERROR" });
    await expect(client.transaction((tx) => tx.execute(read))).rejects.toMatchObject({ code: "SQLITE_ERROR" });
  });

  it("does not let a call wait for ever behind its own idle transaction in memory", async () => {
    const client = open({ url: ":memory:", engine, timeout: 40 });
    await client.execute("CREATE TABLE t (a)");
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (1)");
    await expect(count(client)).rejects.toMatchObject({ code: "TRANSACTION_ACTIVE", isRetryable: true });
    await expect(client.execute("INSERT INTO t VALUES (2)")).rejects.toMatchObject({ code: "TRANSACTION_ACTIVE" });
    await expect(client.transaction("write")).rejects.toMatchObject({ code: "TRANSACTION_ACTIVE" });
    expect(tx.closed).toBe(false);
    await tx.commit();
    expect(await count(client)).toBe(1);
  });

  it("waits in memory for a transaction that goes on, and for a callback", async () => {
    const client = open({ url: ":memory:", engine, timeout: 200 });
    await client.execute("CREATE TABLE t (a)");
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
    const tx = await client.transaction("write");
    const waiting = count(client);
    for (let i = 0; i < 20; i += 1) {
      await tx.execute("INSERT INTO t VALUES (?)", [i]);
      await pause();
    }
    await tx.commit();
    expect(await waiting).toBe(20);
    const callback = client.transaction(async (inside) => {
      await inside.execute("DELETE FROM t");
      for (let i = 0; i < 20; i += 1) await pause();
    });
    await Promise.resolve();
    const counted = count(client);
    await callback;
    expect(await counted).toBe(0);
  });
});
