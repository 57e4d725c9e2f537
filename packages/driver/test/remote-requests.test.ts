import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRemote } from "../src/remote/open.ts";
import { allRows, countedEngine, rejection, run, statement, valueOf } from "./remote-fixture.ts";

let sqld: SqldServer;
beforeAll(async () => {
  sqld = await startSqld();
  const engine = openRemote({ url: new URL(sqld.url) });
  await run(engine, "CREATE TABLE t (x)");
  engine.close();
});
afterAll(() => sqld.stop());

it("sends the executes of one turn in one request, reads and writes apart", async () => {
  const { engine, paths } = countedEngine(sqld.url);
  const reads = await Promise.all(Array.from({ length: 100 }, (_, i) => valueOf(engine, "SELECT ?", [i])));
  expect(reads).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(paths).toHaveLength(1);
  await Promise.all(Array.from({ length: 100 }, (_, i) => run(engine, "INSERT INTO t VALUES (?)", [i])));
  expect(paths).toHaveLength(2);
  await Promise.all(Array.from({ length: 40 }, (_, i) => run(engine, i % 2 === 0 ? "SELECT 1" : "DELETE FROM t")));
  expect(paths).toHaveLength(4);
  await Promise.all([
    run(engine, "PRAGMA foreign_keys"),
    run(engine, "BEGIN"),
    run(engine, "INSERT INTO t VALUES (1) RETURNING x"),
  ]);
  expect(paths).toHaveLength(7);
  engine.close();
});

it("spreads reads over requests when they keep the server busy", async () => {
  const { engine, paths } = countedEngine(sqld.url);
  const slow = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500000) SELECT max(x) FROM c";
  await run(engine, slow);
  await Promise.all([run(engine, slow), run(engine, slow)]);
  const before = paths.length;
  await Promise.all(Array.from({ length: 4 }, () => run(engine, slow)));
  expect(paths.length - before).toBeGreaterThan(1);
  engine.close();
});

it("takes no more requests at once than it was told", async () => {
  let underWay = 0;
  let most = 0;
  const engine = openRemote({
    url: new URL(sqld.url),
    concurrency: 2,
    fetch: async (request) => {
      underWay += 1;
      most = Math.max(most, underWay);
      try {
        return await fetch(request);
      } finally {
        underWay -= 1;
      }
    },
  });
  const batches = Array.from({ length: 10 }, () => engine.batch([statement("INSERT INTO t VALUES (1)")], "write", {}));
  const returning = Array.from({ length: 10 }, () => run(engine, "INSERT INTO t VALUES (1) RETURNING x"));
  await Promise.all([...batches, ...returning]);
  expect(most).toBe(2);
  engine.close();
});

it("sends a batch of one statement many times with its text once", async () => {
  let sent = 0;
  const engine = openRemote({
    url: new URL(sqld.url),
    fetch: async (request) => {
      sent += (await request.clone().text()).length;
      return fetch(request);
    },
  });
  await run(engine, "DELETE FROM t");
  const sql = `INSERT INTO t VALUES (?) /* ${"a long text ".repeat(50)} */`;
  const results = await engine.batch(
    Array.from({ length: 2_000 }, (_, i) => statement(sql, [i])),
    "write",
    {},
  );
  expect(results).toHaveLength(2_000);
  expect(sent).toBeLessThan(2_000 * sql.length);
  expect(await valueOf(engine, "SELECT count(*) || ',' || sum(x) FROM t")).toBe("2000,1999000.0");
  engine.close();
});

it.each(["http", "ws"] as const)("asks for 100 executes over %s at once, also behind latency", async (protocol) => {
  const proxy = await startFaultProxy({ target: protocol === "http" ? sqld.url : sqld.wsUrl });
  proxy.delay(20);
  const engine = openRemote({ url: new URL(proxy.url) });
  const before = proxy.counters.connections;
  const values = await Promise.all(Array.from({ length: 100 }, (_, i) => valueOf(engine, "SELECT ?", [i])));
  expect(values).toHaveLength(100);
  expect(proxy.counters.connections - before).toBe(1);
  engine.close();
  await proxy.stop();
});

it("does not send over WebSocket what would make the server hang up", async () => {
  const engine = openRemote({ url: new URL(sqld.wsUrl) });
  const text = "é".repeat(2_000_000);
  const large = statement("SELECT length(?), length(?), length(?), length(?), length(?)", [
    text,
    text,
    text,
    text,
    text,
  ]);
  const [refused, kept] = await Promise.allSettled([engine.execute(large, {}), run(engine, "SELECT 2")]);
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "UNSUPPORTED" } });
  expect(kept).toMatchObject({ status: "fulfilled", value: { rows: [[2]] } });
  await expect(engine.batch([large], "read", {})).rejects.toMatchObject({ code: "UNSUPPORTED" });
  expect(await valueOf(engine, "SELECT 1")).toBe(1);
  expect(engine.status().openConnections).toBe(0);
  engine.close();
  const overHttp = openRemote({ url: new URL(sqld.url) });
  expect((await overHttp.execute(large, {})).rows).toEqual([Array.from({ length: 5 }, () => 2_000_000)]);
  overHttp.close();
});

it("closes the stream of an iteration", async () => {
  const { engine, paths } = countedEngine(sqld.url);
  expect(await allRows(engine.iterate(statement("SELECT 1 UNION ALL SELECT 2"), {}))).toEqual([[1], [2]]);
  await expect.poll(() => paths).toEqual(["/v3/cursor", "/v3/pipeline"]);
  engine.close();
});

it("does not send a call whose signal has fired", async () => {
  const { engine, paths } = countedEngine(sqld.url);
  const options = { signal: AbortSignal.abort(new Error("enough")) };
  const insert = statement("INSERT INTO t VALUES ('never')");
  const transaction = await engine.begin("write", {});
  for (const call of [
    () => engine.execute(insert, options),
    () => engine.batch([insert], "write", options),
    () => engine.script("INSERT INTO t VALUES ('never')", options),
    () => engine.iterate(insert, options).next(),
    () => transaction.execute(insert, options),
    () => transaction.batch([insert], options),
    () => transaction.iterate(insert, options).next(),
  ]) {
    expect(await rejection(call())).toMatchObject({ code: "ABORTED", cause: { message: "enough" } });
  }
  const controller = new AbortController();
  const waiting = engine.execute(insert, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "ABORTED" });
  await run(transaction, "SELECT 1");
  await transaction.commit();
  expect(paths).toHaveLength(2);
  expect(await valueOf(engine, "SELECT count(*) FROM t WHERE x = 'never'")).toBe(0);
  engine.close();
});

it("has answers packed only where that is worth it", async () => {
  const asked: unknown[] = [];
  const answered: unknown[] = [];
  const look = async (request: Request): Promise<Response> => {
    // What would go over TLS is sent to the same server without.
    const response = await fetch(new Request(request.url.replace(/^https:/u, "http:"), request));
    asked.push(request.headers.get("accept-encoding"));
    answered.push(response.headers.get("content-encoding"));
    return response;
  };
  for (const url of [new URL(sqld.url), new URL(sqld.url.replace(/^http:/u, "https:"))]) {
    const engine = openRemote({ url, fetch: look });
    expect(await valueOf(engine, "SELECT 'a text'")).toBe("a text");
    expect(await valueOf(engine, "SELECT hex(zeroblob(20000))")).toBe("0".repeat(40_000));
    engine.close();
  }
  expect(asked).toEqual(["identity", "identity", "gzip", "gzip"]);
  expect(answered).toEqual([null, null, "gzip", "gzip"]);
});
