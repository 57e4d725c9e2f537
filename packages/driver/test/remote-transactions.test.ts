import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LitefleetBatchError } from "../src/errors.ts";
import { openRemote } from "../src/remote/open.ts";
import type { RemoteEngine } from "../src/remote/remote-engine.ts";
import { allRows, countedEngine, rejection, run, statement, valueOf } from "./remote-fixture.ts";

let sqld: SqldServer;
beforeAll(async () => {
  sqld = await startSqld();
});
afterAll(() => sqld.stop());

describe.each(["http", "ws"] as const)("transactions over %s", (protocol) => {
  let engine: RemoteEngine;
  const count = (): Promise<unknown> => valueOf(engine, "SELECT count(*) FROM t");

  beforeAll(() => {
    engine = openRemote({ url: new URL(protocol === "http" ? sqld.url : sqld.wsUrl) });
  });
  afterAll(() => engine.close());
  beforeEach(async () => {
    await engine.script(
      `DROP TABLE IF EXISTS child; DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, x UNIQUE);
       CREATE TABLE child (t INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED);`,
      {},
    );
  });

  it("commits", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    expect(await valueOf(transaction, "SELECT count(*) FROM t")).toBe(1);
    expect(await count()).toBe(0);
    await transaction.commit();
    expect(await count()).toBe(1);
    expect(transaction.closed).toBe(true);
    await expect(run(transaction, "SELECT 1")).rejects.toMatchObject({
      code: "TRANSACTION_CLOSED",
      isRetryable: false,
    });
    await expect(transaction.commit()).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
    await transaction.rollback();
  });

  it.each(["rollback", "close"] as const)("undoes everything on %s()", async (how) => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    await transaction[how]();
    expect(transaction.closed).toBe(true);
    await run(engine, "INSERT INTO t (x) VALUES (2)");
    expect((await run(engine, "SELECT x FROM t")).rows).toEqual([[2]]);
  });

  it("ends one that did nothing", async () => {
    for (const how of ["commit", "rollback", "close"] as const) {
      const transaction = await engine.begin("write", {});
      await transaction[how]();
      expect(transaction.closed).toBe(true);
    }
  });

  it("goes on after a statement that failed", async () => {
    const transaction = await engine.begin("write", {});
    await expect(run(transaction, "SELEC 1")).rejects.toMatchObject({ code: "SQL_PARSE_ERROR" });
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    await expect(run(transaction, "INSERT INTO t (x) VALUES (1)")).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT" });
    await expect(run(transaction, "SELEC 1")).rejects.toMatchObject({ code: "SQL_PARSE_ERROR" });
    const error = await rejection(
      transaction.batch([statement("INSERT INTO t (x) VALUES (2)"), statement("SELEC 1")], {}),
    );
    expect(error).toBeInstanceOf(LitefleetBatchError);
    expect(error).toMatchObject({ statementIndex: 1, code: "SQL_PARSE_ERROR" });
    const results = await transaction.batch(
      [statement("INSERT INTO t (x) VALUES (3)"), statement("SELECT max(x) FROM t")],
      {},
    );
    expect(results[1]?.rows).toEqual([[3]]);
    await expect(
      transaction.script(
        "INSERT INTO t (x) VALUES (4); INSERT INTO nowhere VALUES (1); INSERT INTO t (x) VALUES (5)",
        {},
      ),
    ).rejects.toMatchObject({ code: "SQLITE_UNKNOWN" });
    await transaction.commit();
    expect((await run(engine, "SELECT x FROM t ORDER BY x")).rows).toEqual([[1], [3], [4]]);
  });

  it("never runs a statement outside it, once the server has rolled it back", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    await expect(run(transaction, "INSERT OR ROLLBACK INTO t (x) VALUES (1)")).rejects.toMatchObject({
      code: "SQLITE_CONSTRAINT",
    });
    await expect(run(transaction, "INSERT INTO t (x) VALUES (2)")).rejects.toMatchObject({
      code: "TRANSACTION_CLOSED",
    });
    expect(transaction.closed).toBe(true);
    expect(await count()).toBe(0);
  });

  it("notices that it was ended by SQL", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    await run(transaction, "SAVEPOINT a");
    await run(transaction, "INSERT INTO t (x) VALUES (2)");
    await run(transaction, "ROLLBACK TO a");
    expect(transaction.closed).toBe(false);
    await run(transaction, "COMMIT");
    expect(transaction.closed).toBe(true);
    expect(await count()).toBe(1);
  });

  it("rolls back when COMMIT is refused", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO child VALUES (99)");
    await expect(transaction.commit()).rejects.toMatchObject({
      code: "SQLITE_CONSTRAINT",
      extendedCode: "SQLITE_CONSTRAINT_FOREIGNKEY",
    });
    expect(transaction.closed).toBe(true);
    await run(engine, "INSERT INTO t (x) VALUES (1)");
    expect(await valueOf(engine, "SELECT count(*) FROM child")).toBe(0);
  });

  it("begins with foreign keys off, for itself only", async () => {
    const transaction = await engine.begin("write", { foreignKeys: "off" });
    await run(transaction, "INSERT INTO child VALUES (99)");
    expect(await valueOf(engine, "PRAGMA foreign_keys")).toBe(1);
    await transaction.commit();
    expect(await valueOf(engine, "SELECT count(*) FROM child")).toBe(1);
  });

  it("runs two at once, the second writer after the first", async () => {
    const first = await engine.begin("write", {});
    const second = await engine.begin("write", {});
    const reader = await engine.begin("read", {});
    await run(first, "INSERT INTO t (x) VALUES (1)");
    const waiting = run(second, "INSERT INTO t (x) VALUES (2)");
    expect(await valueOf(reader, "SELECT count(*) FROM t")).toBe(0);
    expect(engine.status().openConnections).toBe(3);
    await first.commit();
    await waiting;
    await second.commit();
    expect(await valueOf(reader, "SELECT count(*) FROM t")).toBe(0);
    await reader.rollback();
    expect(await count()).toBe(2);
    expect(engine.status().openConnections).toBe(0);
  });

  it("streams rows, also while other calls are made", async () => {
    const transaction = await engine.begin("write", {});
    const sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT x FROM c";
    const chunks = transaction.iterate(statement(sql), {});
    const first = await chunks.next();
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    const rest = await allRows(chunks);
    expect((first.value?.length ?? 0) + rest.length).toBe(20_000);
    const left = transaction.iterate(statement(sql), {});
    await left.next();
    await left.return();
    await expect(transaction.iterate(statement("SELEC 1"), {}).next()).rejects.toMatchObject({
      code: "SQL_PARSE_ERROR",
    });
    expect(await allRows(transaction.iterate(statement("SELECT x FROM t"), {}))).toEqual([[1]]);
    await transaction.commit();
    expect(await count()).toBe(1);
  });

  it("ends an iteration with the transaction", async () => {
    const transaction = await engine.begin("write", {});
    // Over WebSocket sqld runs a statement to its end, also when its cursor was closed.
    const end = protocol === "ws" ? "WHERE x < 100000" : "";
    const sql = `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c ${end}) SELECT x FROM c`;
    const chunks = transaction.iterate(statement(sql), {});
    await chunks.next();
    await transaction.rollback();
    await expect(chunks.next()).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    await run(engine, "INSERT INTO t (x) VALUES (1)");
  });

  it("loses its lock to another writer after five seconds, and says so", { timeout: 20_000 }, async () => {
    const slow = await engine.begin("write", {});
    await run(slow, "INSERT INTO t (x) VALUES (1)");
    await run(engine, "INSERT INTO t (x) VALUES (2)");
    const error = await rejection(run(slow, "INSERT INTO t (x) VALUES (3)"));
    expect(error).toMatchObject({
      code: "TRANSACTION_CLOSED",
      isRetryable: true,
      cause: { code: "TRANSACTION_TIMEOUT" },
    });
    expect(slow.closed).toBe(true);
    await expect(run(slow, "SELECT 1")).rejects.toMatchObject({ code: "TRANSACTION_CLOSED", isRetryable: true });
    expect((await run(engine, "SELECT x FROM t")).rows).toEqual([[2]]);
  });

  it("is rolled back when the client closes", async () => {
    const other = openRemote({ url: new URL(protocol === "http" ? sqld.url : sqld.wsUrl) });
    const transaction = await other.begin("write", {});
    await run(transaction, "INSERT INTO t (x) VALUES (1)");
    other.close();
    other.close();
    expect(transaction.closed).toBe(true);
    await expect(other.begin("write", {})).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(run(other, "SELECT 1")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(other.batch([statement("SELECT 1")], "read", {})).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(other.iterate(statement("SELECT 1"), {}).next()).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await run(engine, "INSERT INTO t (x) VALUES (2)");
    expect((await run(engine, "SELECT x FROM t")).rows).toEqual([[2]]);
  });
});

it("costs a round trip a call, and none to begin", async () => {
  const { engine, paths } = countedEngine(sqld.url);
  const transaction = await engine.begin("write", {});
  expect(paths).toHaveLength(0);
  await run(transaction, "CREATE TABLE IF NOT EXISTS trips (x)");
  await transaction.batch([statement("INSERT INTO trips VALUES (1)"), statement("INSERT INTO trips VALUES (2)")], {});
  await transaction.commit();
  expect(paths).toEqual(["/v3/pipeline", "/v3/pipeline", "/v3/pipeline"]);
  engine.close();
});

it("knows that a server which was started again has lost the stream", async () => {
  const server = await startSqld();
  const engine = openRemote({ url: new URL(server.url) });
  const transaction = await engine.begin("write", {});
  await run(transaction, "CREATE TABLE gone (x)");
  await server.restart();
  await expect(run(transaction, "INSERT INTO gone VALUES (1)")).rejects.toMatchObject({ isRetryable: true });
  expect(transaction.closed).toBe(true);
  await expect(transaction.commit()).rejects.toMatchObject({ code: "TRANSACTION_CLOSED", isRetryable: true });
  expect(await valueOf(engine, "SELECT count(*) FROM sqlite_schema")).toBe(0);
  engine.close();
  await server.stop();
});
