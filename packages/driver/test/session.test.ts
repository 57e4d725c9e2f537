import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { column, expectCode, localEngines, openClient, openFile, scratchFile, valueOf } from "./local-fixture.ts";

describe.each(localEngines)("settings of a connection on %s", (engine) => {
  const settings = async (of: Parameters<typeof valueOf>[0]): Promise<unknown[]> => [
    await valueOf(of, "PRAGMA foreign_keys"),
    await valueOf(of, "PRAGMA synchronous"),
    await valueOf(of, "PRAGMA cache_size"),
  ];

  it("hold on every connection that a client of a file takes later", async () => {
    const client = openFile(scratchFile(), { engine });
    await client.execute("PRAGMA foreign_keys = OFF");
    await client.execute("PRAGMA synchronous = NORMAL");
    await client.executeMultiple("PRAGMA cache_size = 123; CREATE TABLE t (a)");
    const expected = [0, 1, 123];
    expect(await settings(client)).toEqual(expected);
    const transactions = await Promise.all([client.transaction("write"), client.transaction("read")]);
    for (const tx of transactions) {
      expect(await settings(tx)).toEqual(expected);
      await tx.rollback();
    }
    expect((await client.batch(["PRAGMA cache_size"], "read"))[0]?.rows[0]?.[0]).toBe(123);
    for await (const row of client.iterate("SELECT * FROM pragma_cache_size")) expect(row[0]).toBe(123);
    await client.execute("PRAGMA cache_size = 321");
    const later = await client.transaction("deferred");
    expect(await settings(later)).toEqual([0, 1, 321]);
    await later.commit();
  });

  it("hold after a transaction by hand has set them", async () => {
    const client = openFile(scratchFile(), { engine });
    const tx = await client.transaction("write");
    await tx.execute("PRAGMA cache_size = 55");
    await tx.commit();
    const next = await client.transaction("write");
    expect(await valueOf(next, "PRAGMA cache_size")).toBe(55);
    await next.rollback();
  });

  it("are not kept if they failed", async () => {
    const client = openFile(scratchFile(), { engine });
    await expectCode(client.execute("PRAGMA cache_size = (1"), "SQLITE_ERROR");
    const tx = await client.transaction("write");
    await tx.execute("CREATE TABLE t (a)");
    await tx.commit();
  });

  it("hold in memory, and so does the data, through all that a client does", async () => {
    const client = openClient({ url: ":memory:", engine });
    await client.execute("PRAGMA cache_size = 77");
    await client.execute("PRAGMA foreign_keys = ON");
    await client.executeMultiple(
      "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p); CREATE TEMP TABLE mine (a); INSERT INTO mine VALUES (1)",
    );
    await client.execute("INSERT INTO p VALUES (1)");
    await client.batch(["INSERT INTO p VALUES (2)", "INSERT INTO c VALUES (2)"], "write");
    await client.migrate(["CREATE TABLE q (a)", "INSERT INTO q VALUES (1)"]);
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO p VALUES (3)");
    await tx.commit();
    const undone = await client.transaction("write");
    await undone.execute("DELETE FROM c");
    await undone.rollback();
    await client.transaction(async (inside) => {
      await inside.savepoint(async (inner) => {
        await inner.execute("INSERT INTO p VALUES (4)");
      });
    });
    await expectCode(client.execute("INSERT INTO c VALUES (99)"), "SQLITE_CONSTRAINT");
    await expectCode(
      client.batch(["INSERT INTO p VALUES (5)", "INSERT INTO p VALUES (5)"], "write"),
      "SQLITE_CONSTRAINT",
    );
    await Promise.all([client.execute("INSERT INTO p VALUES (6)"), client.execute("SELECT 1")]);
    expect(await column(client, "SELECT id FROM p ORDER BY id")).toEqual([1, 2, 3, 4, 6]);
    expect(await column(client, "SELECT p FROM c")).toEqual([2]);
    expect(await column(client, "SELECT a FROM mine UNION ALL SELECT a FROM q")).toEqual([1, 1]);
    expect([await valueOf(client, "PRAGMA cache_size"), await valueOf(client, "PRAGMA foreign_keys")]).toEqual([77, 1]);
    expect(client.status().openConnections).toBe(1);
  });

  it("lets a loop over rows in memory call the client", async () => {
    const client = openClient({ url: ":memory:", engine });
    await client.executeMultiple("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2), (3)");
    for await (const row of client.iterate("SELECT a FROM t")) {
      await client.execute("UPDATE t SET a = a + 10 WHERE a = ?", [row["a"]!]);
      await client.batch(["INSERT INTO t VALUES (100)"], "write");
    }
    expect(await column(client, "SELECT a FROM t ORDER BY a")).toEqual([11, 12, 13, 100, 100, 100]);
  });
});

describe("encryption at rest", () => {
  const encryptionKey = "correct horse battery staple";

  it("needs the key with which the file was made", async () => {
    const file = scratchFile();
    const client = openFile(file, { encryptionKey });
    await client.execute("PRAGMA journal_mode = WAL");
    await client.execute("CREATE TABLE t (a)");
    await client.transaction(async (tx) => {
      await tx.execute("INSERT INTO t VALUES ('a plain word')");
    });
    await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    client.close();
    const bytes = readFileSync(file);
    expect(bytes.includes("a plain word")).toBe(false);
    expect(bytes.includes("SQLite format 3")).toBe(false);
    const again = openFile(file, { encryptionKey });
    expect(await column(again, "SELECT a FROM t")).toEqual(["a plain word"]);
    again.close();
    for (const wrong of ["wrong", undefined]) {
      expect(() => createClient({ url: `file:${file}`, encryptionKey: wrong })).toThrow(
        expect.objectContaining({ code: "SQLITE_NOTADB", rawCode: 26, message: expect.stringContaining(file) }),
      );
    }
    const last = openFile(file, { encryptionKey });
    expect(await valueOf(last, "PRAGMA integrity_check")).toBe("ok");
  });

  it("refuses a key where it cannot serve", () => {
    expect(() => createClient({ url: `file:${scratchFile()}`, engine: "sqlite", encryptionKey })).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });
});

describe("secrets", () => {
  const secret = "s3cr3t-that-nobody-may-read";
  const server = "http://127.0.0.1:9";

  it.each<[string, (file: string) => Config]>([
    ["the token of a server", () => ({ url: server, authToken: secret })],
    ["the token of a server over a WebSocket", () => ({ url: "ws://127.0.0.1:9", authToken: secret })],
    ["a token in the URL", () => ({ url: `${server}?authToken=${secret}` })],
    ["the key of a file", (file) => ({ url: `file:${file}`, encryptionKey: secret })],
    ["the token of a replica's primary", (file) => ({ url: `file:${file}`, syncUrl: server, authToken: secret })],
  ])("stand neither in what a client shows nor in its errors: %s", async (_, configOf) => {
    const client = openClient(configOf(scratchFile()));
    const error: unknown = await client.execute("SELECT * FROM nowhere").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    const tx: unknown = await client.transaction("write").catch((reason: unknown) => reason);
    const shown = [client, client.status(), client.capabilities, error, tx].flatMap((value) => [
      inspect(value, { depth: 10, showHidden: true, getters: true }),
      JSON.stringify(value),
      String(value),
    ]);
    expect(shown.filter((text) => text.includes(secret))).toEqual([]);
  });
});
