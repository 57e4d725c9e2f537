import { createServer } from "node:net";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import type { FaultProxy, SqldServer } from "@litefleet/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

let sqld: SqldServer;
beforeAll(async () => {
  sqld = await startSqld();
});
afterAll(() => sqld.stop());

const thousands = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT i FROM n";

describe.each(["http", "ws"] as const)("close() over %s", (protocol) => {
  let proxy: FaultProxy;
  let client: Client;
  beforeEach(async () => {
    proxy = await startFaultProxy({ target: protocol === "http" ? sqld.url : sqld.wsUrl });
    client = createClient({ url: proxy.url });
    await client.executeMultiple("DROP TABLE IF EXISTS t; CREATE TABLE t (a)");
  });
  afterEach(async () => {
    client.close();
    await proxy.stop();
  });

  it.each(["close", "reconnect"] as const)("ends what a silent server does not answer: %s", async (end) => {
    const tx = await client.transaction("read");
    await tx.execute("SELECT * FROM t");
    const committing = await client.transaction("write");
    proxy.blackhole();
    const underWay = {
      read: client.execute("SELECT * FROM t"),
      prepared: client.prepare("SELECT * FROM t").all(),
      write: client.execute("INSERT INTO t VALUES (2)"),
      returning: client.execute("INSERT INTO t VALUES (2) RETURNING a"),
      batch: client.batch(["INSERT INTO t VALUES (3)"], "write"),
      script: client.executeMultiple("INSERT INTO t VALUES (4)"),
      rows: client.iterate("SELECT * FROM t").next(),
      inside: tx.execute("SELECT 1"),
      first: committing.execute("SELECT 1"),
    };
    const outcomes = Promise.all(
      Object.entries(underWay).map(async ([name, call]) => {
        const outcome: unknown = await call.catch((error: unknown) => error);
        return [name, (outcome as { code?: unknown }).code];
      }),
    );
    // Long enough for all to be on their way.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const isQuick = Promise.race([outcomes, new Promise((resolve) => setTimeout(resolve, 2_000, "too late"))]);
    if (end === "close") client.close();
    else await client.reconnect();
    expect(Object.fromEntries((await isQuick) as [string, unknown][])).toEqual({
      read: "CLIENT_CLOSED",
      prepared: "CLIENT_CLOSED",
      write: "OUTCOME_UNKNOWN",
      returning: "OUTCOME_UNKNOWN",
      batch: "OUTCOME_UNKNOWN",
      script: "OUTCOME_UNKNOWN",
      rows: "CLIENT_CLOSED",
      inside: "CLIENT_CLOSED",
      first: "CLIENT_CLOSED",
    });
    expect(tx.closed).toBe(true);
  });

  it("does not make a half-read iteration look complete", async () => {
    const rows = client.iterate(thousands);
    await rows.next();
    client.close();
    const rest = (async () => {
      while ((await rows.next()).done !== true);
    })();
    await expect(rest).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  it.each(["rollback", "close"] as const)("nor one whose transaction ends by %s", async (end) => {
    const tx = await client.transaction("read");
    const rows = tx.iterate(thousands);
    await rows.next();
    await tx[end]();
    const rest = (async () => {
      while ((await rows.next()).done !== true);
    })();
    await expect(rest).rejects.toMatchObject({ code: "TRANSACTION_CLOSED" });
  });

  it("rolls back what is open on the server, and frees its lock", async () => {
    const tx = await client.transaction("write");
    await tx.execute("INSERT INTO t VALUES (1)");
    client.close();
    await using other = createClient({ url: sqld.url });
    await other.execute("INSERT INTO t VALUES (2)");
    expect((await other.execute("SELECT a FROM t")).rows.map((row) => row["a"])).toEqual([2]);
  });

  it("does not wait for a server that accepts no connection", async () => {
    const sockets = new Set<{ destroy(): void }>();
    const mute = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => void mute.listen(0, "127.0.0.1", resolve));
    const address = mute.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const waiting = createClient({ url: `${protocol}://127.0.0.1:${port}` });
    const read = waiting.execute("SELECT 1");
    const settled = expect(read).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    waiting.close();
    await settled;
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it("nor for a token that does not come", async () => {
    const waiting = createClient({ url: proxy.url, authToken: () => new Promise(() => undefined) });
    const calls = [waiting.execute("SELECT 1"), waiting.batch(["INSERT INTO t VALUES (1)"], "write")];
    const settled = Promise.allSettled(calls);
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting.close();
    for (const each of await settled) expect(each).toMatchObject({ reason: { code: "CLIENT_CLOSED" } });
  });
});
