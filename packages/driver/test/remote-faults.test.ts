import { createServer } from "node:net";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { FaultProxy, SqldServer } from "@litefleet/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRemote } from "../src/remote/open.ts";
import type { RemoteEngine } from "../src/remote/remote-engine.ts";
import { allRows, rejection, run, statement, valueOf } from "./remote-fixture.ts";

let sqld: SqldServer;
let direct: RemoteEngine;
beforeAll(async () => {
  sqld = await startSqld();
  direct = openRemote({ url: new URL(sqld.url) });
});
afterAll(async () => {
  direct.close();
  await sqld.stop();
});

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe.each(["http", "ws"] as const)("faults over %s", (protocol) => {
  let proxy: FaultProxy;
  let engine: RemoteEngine;
  const rows = (): Promise<unknown> => valueOf(direct, "SELECT count(*) FROM t");

  beforeEach(async () => {
    await direct.script("DROP TABLE IF EXISTS t; CREATE TABLE t (x)", {});
    proxy = await startFaultProxy({ target: protocol === "http" ? sqld.url : sqld.wsUrl });
    engine = openRemote({ url: new URL(proxy.url) });
    // So that over WebSocket the connection is there, and what is cut is the request itself.
    await run(engine, "SELECT 1");
  });
  afterEach(async () => {
    engine.close();
    await proxy.stop();
  });

  it("reports a refused connection, to be tried again", async () => {
    const nowhere = openRemote({ url: new URL(`${protocol}://127.0.0.1:${await closedPort()}`) });
    const insert = statement("INSERT INTO t VALUES (1)");
    const transaction = await nowhere.begin("write", {});
    for (const call of [
      () => nowhere.execute(statement("SELECT 1"), {}),
      () => nowhere.execute(insert, {}),
      () => nowhere.batch([insert], "write", {}),
      () => nowhere.script("INSERT INTO t VALUES (1)", {}),
      () => nowhere.iterate(insert, {}).next(),
      () => transaction.execute(insert, {}),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: "CONNECTION_FAILED", isRetryable: true });
    }
    expect(nowhere.status().openConnections).toBe(0);
    nowhere.close();
  });

  it("connects again by itself", async () => {
    proxy.cut();
    await expect(run(engine, "SELECT 1")).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    proxy.heal();
    expect(await valueOf(engine, "SELECT 1")).toBe(1);
    await run(engine, "INSERT INTO t VALUES (1)");
    expect(await rows()).toBe(1);
  });

  it("reads again when the answer was lost", async () => {
    proxy.cutAfter({ direction: "response", bytes: 20 });
    expect(await valueOf(engine, "SELECT count(*) FROM t")).toBe(0);
    proxy.cutAfter({ direction: "request", bytes: 20 });
    expect(await valueOf(engine, "SELECT count(*) FROM t")).toBe(0);
    proxy.cutAfter({ direction: "response", bytes: 20 });
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => valueOf(engine, "SELECT ?", [i])));
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    proxy.cutAfter({ direction: "response", bytes: 20 });
    const batch = await engine.batch([statement("SELECT 1"), statement("SELECT 2")], "read", {});
    expect(batch.map((result) => result.rows)).toEqual([[[1]], [[2]]]);
  });

  it("does not guess about a write whose answer was lost, and does not repeat it", async () => {
    proxy.cutAfter({ direction: "response", bytes: 20 });
    const error = await rejection(run(engine, "INSERT INTO t VALUES (1)"));
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", isRetryable: false, cause: { code: "CONNECTION_FAILED" } });
    // Over WebSocket it may be the answer to the closing of the stream before that was cut, ahead of the write.
    expect(protocol === "http" ? [1] : [0, 1]).toContain(await rows());
    await run(engine, "SELECT 1");
    const before = await rows();
    proxy.cutAfter({ direction: "request", bytes: 20 });
    await expect(run(engine, "INSERT INTO t VALUES (2)")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await rows()).toBe(before);
  });

  it.each(["batch", "script", "migrate", "iterate", "returning"] as const)(
    "does not guess about a %s",
    async (call) => {
      const insert = statement("INSERT INTO t VALUES (1), (2) RETURNING x");
      proxy.cutAfter({ direction: "response", bytes: 20 });
      const calls = {
        batch: () => engine.batch([insert], "write", {}),
        migrate: () => engine.migrate([insert]),
        script: () => engine.script("INSERT INTO t VALUES (1), (2)", {}),
        iterate: () => allRows(engine.iterate(insert, {})),
        returning: () => engine.execute(insert, {}),
      };
      await expect(calls[call]()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      proxy.heal();
      await run(engine, "SELECT 1");
      expect(engine.status()).toMatchObject({ openConnections: 0 });
    },
  );

  it("ends a transaction whose connection broke: nothing of it stays", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t VALUES (1)");
    proxy.cutAfter({ direction: "response", bytes: 20 });
    await expect(run(transaction, "INSERT INTO t VALUES (2)")).rejects.toMatchObject({
      code: "CONNECTION_FAILED",
      isRetryable: true,
    });
    expect(transaction.closed).toBe(true);
    await expect(run(transaction, "SELECT 1")).rejects.toMatchObject({ code: "TRANSACTION_CLOSED", isRetryable: true });
    await expect(transaction.commit()).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
    await transaction.rollback();
    expect(await rows()).toBe(0);
  });

  it("does not guess about a commit", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t VALUES (1)");
    proxy.cutAfter({ direction: "response", bytes: 20 });
    await expect(transaction.commit()).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await expect(run(transaction, "SELECT 1")).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
    const byHand = await engine.begin("write", {});
    await run(byHand, "INSERT INTO t VALUES (2)");
    proxy.cutAfter({ direction: "response", bytes: 20 });
    await expect(run(byHand, "COMMIT")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await rows()).toBe(2);
  });

  it("rolls back silently what it could not tell to roll back", async () => {
    const transaction = await engine.begin("write", {});
    await run(transaction, "INSERT INTO t VALUES (1)");
    proxy.cut();
    await transaction.rollback();
    expect(await rows()).toBe(0);
  });

  it("reports an iteration that breaks", async () => {
    const sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 200000) SELECT x FROM c";
    const chunks = engine.iterate(statement(sql), {});
    await chunks.next();
    proxy.cutAfter({ direction: "response", bytes: 100_000 });
    await expect(allRows(chunks)).rejects.toMatchObject({ code: "CONNECTION_FAILED", isRetryable: true });
    expect(engine.status().openConnections).toBe(0);
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("gives up a call after its time, and says whether it may have had an effect", async () => {
    proxy.blackhole();
    const options = { timeoutMs: 100 };
    await expect(engine.execute(statement("SELECT 1"), options)).rejects.toMatchObject({ code: "TIMEOUT" });
    const insert = statement("INSERT INTO t VALUES (1)");
    await expect(engine.execute(insert, options)).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      cause: { code: "TIMEOUT" },
    });
    await expect(engine.batch([insert], "write", options)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await expect(engine.iterate(statement("SELECT 1"), options).next()).rejects.toMatchObject({ code: "TIMEOUT" });
    const transaction = await engine.begin("write", options);
    await expect(run(transaction, "SELECT 1")).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(transaction.closed).toBe(true);
    const controller = new AbortController();
    const aborted = engine.execute(insert, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(aborted).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", cause: { code: "ABORTED" } });
    await expect.poll(() => engine.status().openConnections).toBe(0);
  });

  it("gives up one call without disturbing those that travel with it", async () => {
    proxy.delay(100);
    const [given, kept] = await Promise.allSettled([
      engine.execute(statement("SELECT 1"), { timeoutMs: 50 }),
      engine.execute(statement("SELECT 2"), {}),
    ]);
    expect(given).toMatchObject({ status: "rejected", reason: { code: "TIMEOUT" } });
    expect(kept).toMatchObject({ status: "fulfilled", value: { rows: [[2]] } });
  });
});

describe("an overloaded server or gateway", () => {
  /** Answers the first `times` requests itself. */
  function behindGateway(times: number, status: number, body = ""): { engine: RemoteEngine; requests: () => number } {
    let requests = 0;
    const engine = openRemote({
      url: new URL(sqld.url),
      fetch: (request) => {
        requests += 1;
        return requests <= times ? Promise.resolve(new Response(body, { status })) : fetch(request);
      },
    });
    return { engine, requests: () => requests };
  }

  beforeEach(() => direct.script("DROP TABLE IF EXISTS g; CREATE TABLE g (x)", {}));

  it.each([429, 503])("tries a write again after %i", async (status) => {
    const { engine, requests } = behindGateway(2, status);
    await run(engine, "INSERT INTO g VALUES (1)");
    await engine.batch([statement("INSERT INTO g VALUES (2)")], "write", {});
    expect(requests()).toBe(4);
    expect(await valueOf(direct, "SELECT count(*) FROM g")).toBe(2);
  });

  it("stays away for as long as the server asks", async () => {
    const answeredAt: number[] = [];
    const engine = openRemote({
      url: new URL(sqld.url),
      fetch: (request) => {
        answeredAt.push(performance.now());
        if (answeredAt.length > 1) return fetch(request);
        return Promise.resolve(new Response("", { status: 429, headers: { "retry-after": "1" } }));
      },
    });
    await run(engine, "INSERT INTO g VALUES (1)");
    expect(answeredAt).toHaveLength(2);
    expect(answeredAt[1]! - answeredAt[0]!).toBeGreaterThanOrEqual(999);
  });

  it.each(["3600", new Date(Date.now() + 3_600_000).toUTCString()])(
    "leaves it to the caller to come back after %s",
    async (retryAfter) => {
      let requests = 0;
      const engine = openRemote({
        url: new URL(sqld.url),
        fetch: () => {
          requests += 1;
          return Promise.resolve(new Response("", { status: 503, headers: { "retry-after": retryAfter } }));
        },
      });
      await expect(run(engine, "SELECT 1")).rejects.toMatchObject({ code: "SERVER_BUSY", isRetryable: true });
      expect(requests).toBe(1);
    },
  );

  it("gives up after some tries", async () => {
    const { engine, requests } = behindGateway(100, 503);
    await expect(run(engine, "SELECT 1")).rejects.toMatchObject({ code: "SERVER_BUSY", isRetryable: true });
    expect(requests()).toBe(4);
    await expect(engine.batch([statement("SELECT 1")], "read", {})).rejects.toMatchObject({ code: "SERVER_BUSY" });
    expect(requests()).toBe(8);
  });

  it("does not repeat a write that a gateway may have passed on", async () => {
    const { engine, requests } = behindGateway(1, 502);
    await expect(run(engine, "INSERT INTO g VALUES (1)")).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      cause: { code: "SERVER_ERROR" },
    });
    expect(requests()).toBe(1);
  });

  it("goes on with a transaction after 503", async () => {
    let refuse = 0;
    const engine = openRemote({
      url: new URL(sqld.url),
      fetch: (request) => {
        refuse -= 1;
        return refuse >= 0 ? Promise.resolve(new Response("", { status: 503 })) : fetch(request);
      },
    });
    const transaction = await engine.begin("write", {});
    for (const x of [1, 2]) {
      refuse = 2;
      await run(transaction, "INSERT INTO g VALUES (?)", [x]);
    }
    refuse = 2;
    await transaction.commit();
    expect(await valueOf(direct, "SELECT count(*) FROM g")).toBe(2);
  });

  it("says that an answer is not that of a libSQL server", async () => {
    const { engine } = behindGateway(100, 200, "<html>Welcome</html>");
    await expect(run(engine, "SELECT 1")).rejects.toMatchObject({ code: "SERVER_ERROR" });
    const cut = behindGateway(100, 200, '{"baton":null,"results":[]}');
    await expect(run(cut.engine, "SELECT 1")).rejects.toMatchObject({ code: "SERVER_ERROR" });
  });

  it("tells a path that no Hrana server answers", async () => {
    const { engine } = behindGateway(100, 404);
    await expect(run(engine, "SELECT 1")).rejects.toMatchObject({ code: "SERVER_ERROR", isRetryable: false });
  });
});

it("reports that a server has no connections left", { timeout: 30_000 }, async () => {
  const small = await startSqld({ args: ["--max-concurrent-connections", "1"] });
  const engine = openRemote({ url: new URL(small.url) });
  const holder = await engine.begin("read", {});
  await run(holder, "SELECT 1");
  await expect(engine.execute(statement("SELECT 1"), { timeoutMs: 25_000 })).rejects.toMatchObject({
    isRetryable: true,
  });
  await holder.rollback();
  expect(await valueOf(engine, "SELECT 1")).toBe(1);
  engine.close();
  await small.stop();
});
