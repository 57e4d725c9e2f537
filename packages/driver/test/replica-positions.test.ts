import { join } from "node:path";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { createClient } from "../src/index.ts";
import { open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

const rounds = inject("soak") ? 1_000 : 200;

async function twoReplicas() {
  const sqld = await startSqld();
  onTestFinished(() => sqld.stop());
  const folder = await ownFolder();
  const a = open({ url: `file:${join(folder, "a.db")}`, syncUrl: sqld.url });
  const b = open({ url: `file:${join(folder, "b.db")}`, syncUrl: sqld.url });
  await a.execute("CREATE TABLE t (x INTEGER)");
  await a.execute("INSERT INTO t VALUES (0)");
  await a.sync();
  await b.sync();
  return { sqld, folder, a, b };
}

describe("positions", () => {
  it("let one replica read what was written through another", { tags: ["soak"] }, async () => {
    const { a, b } = await twoReplicas();
    for (let i = 1; i <= rounds; i += 1) {
      await a.execute("UPDATE t SET x = ?", [i]);
      const position = a.position()!;
      if (i % 2 === 0) await b.waitFor(position);
      const options = i % 2 === 0 ? {} : { minPosition: position };
      expect((await b.execute("SELECT x FROM t", [], options)).rows[0]?.[0]).toBe(i);
    }
  });

  it("are there when a write is answered, also without waiting for the copy, and after a transaction", async () => {
    const { sqld, folder, b } = await twoReplicas();
    const c = open({ url: `file:${join(folder, "c.db")}`, syncUrl: sqld.url, readYourWrites: false });
    await c.sync();
    await c.execute("UPDATE t SET x = 5");
    expect(await valueOf(c, "SELECT x FROM t")).toBe(0);
    expect(c.status().replica?.framesBehind).toBe(1);
    await b.waitFor(c.position()!);
    expect(await valueOf(b, "SELECT x FROM t")).toBe(5);
    await c.transaction(async (tx) => void (await tx.execute("UPDATE t SET x = 6")));
    await b.waitFor(c.position()!);
    expect(await valueOf(b, "SELECT x FROM t")).toBe(6);
    await c.waitFor(c.position()!);
    expect(await valueOf(c, "SELECT x FROM t")).toBe(6);
  });

  it("keep to the time and the signal given", async () => {
    const { sqld, b } = await twoReplicas();
    const [epoch, frame] = b.position()!.split(".");
    const future = `${epoch}.${Number(frame) + 1_000}`;
    expect(await rejection(b.waitFor(future, { timeoutMs: 300 }))).toMatchObject({ code: "TIMEOUT" });
    expect(await rejection(b.waitFor(future, { signal: AbortSignal.timeout(100) }))).toMatchObject({ code: "ABORTED" });
    expect(await rejection(b.execute("SELECT 1", [], { minPosition: future, timeoutMs: 100 }))).toMatchObject({
      code: "TIMEOUT",
    });
    await sqld.kill();
    expect(await rejection(b.waitFor(future, { timeoutMs: 300 }))).toMatchObject({ code: "TIMEOUT" });
  });

  it("of another log, and what is none, are refused", async () => {
    const { b } = await twoReplicas();
    const other = b.position()!.replace(/^......../u, "00000000");
    expect(await rejection(b.waitFor(other))).toMatchObject({ code: "POSITION_EXPIRED" });
    for (const nonsense of ["", "x", `${b.position()}x`, undefined as unknown as string]) {
      expect(await rejection(b.waitFor(nonsense))).toMatchObject({ code: "ARGS_INVALID" });
    }
    const local = open({ url: ":memory:" });
    expect(() => local.position()).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expect(await rejection(local.waitFor(other))).toMatchObject({ code: "UNSUPPORTED" });
    expect((await local.execute("SELECT 1", [], { maxStalenessMs: 0, minPosition: other })).rows).toHaveLength(1);
  });
});

describe("staleness", () => {
  it("is bounded by maxStalenessMs", async () => {
    const { sqld, b } = await twoReplicas();
    const writer = open({ url: sqld.url });
    await writer.execute("UPDATE t SET x = 9");
    expect((await b.execute("SELECT x FROM t", [], { maxStalenessMs: 3_600_000 })).rows[0]?.[0]).toBe(0);
    expect((await b.execute("SELECT x FROM t", [], { maxStalenessMs: 0 })).rows[0]?.[0]).toBe(9);
  });

  it("has options that are checked before anything happens", async () => {
    const { b } = await twoReplicas();
    for (const maxStalenessMs of [-1, Number.NaN]) {
      await expect(b.execute("SELECT 1", [], { maxStalenessMs })).rejects.toThrow(RangeError);
    }
    const wrong = { maxStalenessMs: "1", minPosition: 1 } as unknown as { maxStalenessMs: number };
    await expect(b.execute("SELECT 1", [], wrong)).rejects.toThrow(TypeError);
    expect(() => createClient({ url: "file:r.db", syncUrl: "http://127.0.0.1:1", syncInterval: Number.NaN })).toThrow(
      RangeError,
    );
  });

  it("of one's own writes is none, however many run at once", async () => {
    const { a } = await twoReplicas();
    await a.execute("CREATE TABLE n (i INTEGER PRIMARY KEY)");
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await a.execute("INSERT INTO n VALUES (?)", [i]);
        expect((await a.execute("SELECT i FROM n WHERE i = ?", [i])).rows).toHaveLength(1);
      }),
    );
  });

  it("of rows that a write returns one by one is none", async () => {
    const { a } = await twoReplicas();
    for await (const row of a.iterate("UPDATE t SET x = 3 RETURNING x")) expect(row["x"]).toBe(3);
    expect(await valueOf(a, "SELECT x FROM t")).toBe(3);
  });

  it("costs a write, and a position, one request more: the sync without a greeting", async () => {
    const { sqld, folder, a } = await twoReplicas();
    await using proxy = await startFaultProxy({ target: sqld.url });
    const paths: string[] = [];
    const counting = (request: Request): Promise<Response> => {
      paths.push(new URL(request.url).pathname);
      return fetch(request);
    };
    const replica = createClient({
      url: `file:${join(folder, "d.db")}`,
      syncUrl: proxy.url,
      fetch: counting,
    });
    await replica.sync();
    paths.length = 0;
    await replica.execute("UPDATE t SET x = 2");
    expect(paths).toEqual(["/v3/pipeline", "/wal_log.ReplicationLog/BatchLogEntries"]);
    paths.length = 0;
    await replica.batch(
      Array.from({ length: 10 }, (_, i) => `UPDATE t SET x = ${i}`),
      "write",
    );
    expect(paths).toEqual(["/v3/pipeline", "/wal_log.ReplicationLog/BatchLogEntries"]);
    expect(await valueOf(replica, "SELECT x FROM t")).toBe(9);
    paths.length = 0;
    await replica.sync();
    expect(paths).toEqual(["/wal_log.ReplicationLog/Hello"]);
    paths.length = 0;
    await a.execute("UPDATE t SET x = 10");
    await replica.waitFor(a.position()!);
    expect(paths).toEqual(["/wal_log.ReplicationLog/BatchLogEntries"]);
    expect(await valueOf(replica, "SELECT x FROM t")).toBe(10);
    replica.close();
  });
});
