import { createRequire } from "node:module";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSqld } from "@litefleet/testing";
import type { SqldServer } from "@litefleet/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../src/index.ts";
import { open, ownFolder, rejection, valueOf } from "./replica-fixture.ts";

const run = promisify(execFile);
let sqld: SqldServer;
beforeAll(async () => {
  sqld = await startSqld();
  const writer = createClient({ url: sqld.url });
  await writer.execute("CREATE TABLE t (x)");
  await writer.batch(
    Array.from({ length: 40 }, () => "INSERT INTO t VALUES (zeroblob(10000))"),
    "write",
  );
  writer.close();
});
afterAll(() => sqld.stop());

/** A replica that was synced and closed, with its WAL folded into the file. */
async function closedReplica(config: { encryptionKey?: string } = {}): Promise<{ path: string; url: string }> {
  const path = join(await ownFolder(), "r.db");
  const url = `file:${path}`;
  const replica = open({ url, syncUrl: sqld.url, ...config });
  await replica.sync();
  replica.close();
  await replica.reconnect();
  expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(40);
  replica.close();
  return { path, url };
}

/** Opens what lies there, and expects the whole database of it or nothing. */
async function expectHealed(url: string): Promise<void> {
  const replica = open({ url, syncUrl: sqld.url });
  expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(40);
  expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
}

async function expectNeverEmpty(url: string): Promise<void> {
  const offline = createClient({ url, syncUrl: "http://127.0.0.1:1" });
  expect(await rejection(offline.execute("SELECT count(*) FROM t"))).toMatchObject({ code: "PRIMARY_UNREACHABLE" });
  offline.close();
  await expectHealed(url);
}

describe("the files of a replica", () => {
  it("are fetched again when the database was deleted and the index kept", async () => {
    const { path, url } = await closedReplica();
    for (const ending of ["", "-wal", "-shm"]) rmSync(path + ending, { force: true });
    await expectNeverEmpty(url);
  });

  it("are fetched again when the index was deleted", async () => {
    const { path, url } = await closedReplica();
    rmSync(`${path}-client_wal_index`);
    await expectNeverEmpty(url);
  });

  it("are fetched again when the index is empty", async () => {
    const { path, url } = await closedReplica();
    writeFileSync(`${path}-client_wal_index`, "");
    await expectNeverEmpty(url);
  });

  it("are fetched again when the database was truncated", async () => {
    const { path, url } = await closedReplica();
    const plain = open({ url });
    await plain.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    plain.close();
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
    await expectNeverEmpty(url);
  });

  it("are fetched again when somebody else wrote into them while they were closed", async () => {
    const { url } = await closedReplica();
    const writing = open({ url, syncUrl: sqld.url });
    await writing.execute("UPDATE t SET x = randomblob(10000) WHERE rowid = 1");
    writing.close();
    const plain = open({ url });
    await plain.execute("INSERT INTO t VALUES ('by somebody else')");
    plain.close();
    await expectNeverEmpty(url);
  });

  it("are fetched again when somebody else writes into them while they are open", async () => {
    const { path, url } = await closedReplica();
    const replica = open({ url, syncUrl: sqld.url });
    const meddle = `
      import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const plain = createClient({ url: process.argv[1] });
      await plain.execute(process.argv[2]);
      plain.close();`;
    const meddling = (sql: string) => run(process.execPath, ["--input-type=module", "-e", meddle, url, sql]);
    // With the sync connection open and without, found by a sync and by a write.
    await meddling("INSERT INTO t VALUES ('by somebody else')");
    await replica.sync();
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(40);
    await meddling("DELETE FROM t WHERE rowid < 20");
    await replica.execute("UPDATE t SET x = randomblob(10000) WHERE rowid = 1");
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(40);
    await meddling("DROP TABLE t");
    await replica.sync();
    expect(await valueOf(replica, "SELECT count(*) FROM t")).toBe(40);
    replica.close();
    // What nobody touched is kept.
    await replica.reconnect();
    expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
    expect(await replica.sync()).toMatchObject({ frames_synced: 0 });
    expect(existsSync(path)).toBe(true);
  });

  it("are kept when nobody touched them, whether or not they were closed in good order", async () => {
    const { url } = await closedReplica();
    for (let i = 0; i < 3; i += 1) {
      const replica = open({ url, syncUrl: sqld.url });
      const fetched: unknown[] = [];
      replica.on("progress", (event) => void fetched.push(event));
      replica.on("sync", ({ bytes }) => void fetched.push(...(bytes > 200_000 ? [bytes] : [])));
      await replica.execute("UPDATE t SET x = randomblob(10000) WHERE rowid = 1");
      await replica.sync();
      expect(fetched).toEqual([]);
      replica.close();
    }
    const script = `
      import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const client = createClient({ url: process.argv[1], syncUrl: process.argv[2] });
      await client.execute("UPDATE t SET x = randomblob(10000) WHERE rowid = 2");
      process.kill(process.pid, "SIGKILL");`;
    await rejection(run(process.execPath, ["--input-type=module", "-e", script, url, sqld.url]));
    const offline = createClient({ url, syncUrl: "http://127.0.0.1:1" });
    expect(await valueOf(offline, "SELECT count(*) FROM t")).toBe(40);
    offline.close();
  });

  it("are fetched again when a read finds them corrupt, also behind a WAL", async () => {
    const { path, url } = await closedReplica();
    const replica = open({ url, syncUrl: sqld.url });
    await replica.execute("UPDATE t SET x = randomblob(10000) WHERE rowid = 1");
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    // Over the pages of the rows, beneath the open connection.
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(statSync(path).size - 8_192, 0xff), 0, undefined, 8_192);
    closeSync(file);
    const sum = "SELECT count(*), sum(length(x)) FROM t WHERE x IS NOT NULL";
    expect(await valueOf(replica, sum)).toBe(40);
    expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
  });

  it("are refused when a read finds them corrupt and the primary is away", async () => {
    const { path, url } = await closedReplica();
    const replica = open({ url, syncUrl: "http://127.0.0.1:1" });
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(statSync(path).size - 8_192, 0xff), 0, undefined, 8_192);
    closeSync(file);
    expect(await rejection(replica.execute("SELECT sum(length(x)) FROM t"))).toMatchObject({ code: "SQLITE_CORRUPT" });
    expect(await rejection(replica.batch(["SELECT sum(length(x)) FROM t"], "read"))).toMatchObject({
      code: "SQLITE_CORRUPT",
    });
    replica.close();
    await expectHealed(url);
  });

  it("are left alone when they are a plain database, or something else", async () => {
    const path = join(await ownFolder(), "mine.db");
    const mine = open({ url: `file:${path}` });
    await mine.execute("CREATE TABLE mine (x)");
    mine.close();
    expect(() => createClient({ url: `file:${path}`, syncUrl: sqld.url })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    const text = join(await ownFolder(), "text.db");
    writeFileSync(text, "not a database");
    expect(() => createClient({ url: `file:${text}`, syncUrl: sqld.url })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    const again = open({ url: `file:${path}` });
    expect(await valueOf(again, "SELECT count(*) FROM mine")).toBe(0);
  });

  it("are no copy as long as the first sync has not ended", async () => {
    const folder = await ownFolder();
    const path = join(folder, "r.db");
    // What the native library leaves behind when it is ended between opening and syncing, and what a fetch of ours leaves.
    const Native = createRequire(import.meta.url)("libsql") as new (path: string, options: object) => { close(): void };
    new Native(path, { syncUrl: sqld.url }).close();
    renameSync(path, `${path}-next`);
    await expectNeverEmpty(`file:${path}`);
    expect(readdirSync(folder).filter((name) => name.includes("-next"))).toEqual([]);
  });

  it("belong to one client at a time, in this process and in another", async () => {
    const { path, url } = await closedReplica();
    const first = open({ url, syncUrl: sqld.url });
    expect(await valueOf(first, "SELECT count(*) FROM t")).toBe(40);
    expect(() => createClient({ url, syncUrl: sqld.url })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    const script = `
      import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      try { createClient({ url: ${JSON.stringify(url)}, syncUrl: ${JSON.stringify(sqld.url)} }); console.log("opened"); }
      catch (error) { console.log(error.code); }`;
    const link = `${path}-link`;
    symlinkSync(path, link);
    expect(() => createClient({ url: `file:${link}`, syncUrl: sqld.url })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID" }),
    );
    const other = await run(process.execPath, ["--input-type=module", "-e", script]);
    expect(other.stdout).toBe("CONFIG_INVALID\n");
    first.close();
    await expectHealed(url);
  });

  it("are encrypted with the key, and a wrong one is an error", async () => {
    const { path, url } = await closedReplica({ encryptionKey: "secret" });
    expect(existsSync(path)).toBe(true);
    const open1 = open({ url, syncUrl: sqld.url, encryptionKey: "secret" });
    expect(await valueOf(open1, "SELECT count(*) FROM t")).toBe(40);
    open1.close();
    for (const key of [{ encryptionKey: "wrong" }, {}]) {
      expect(() => createClient({ url, syncUrl: sqld.url, ...key })).toThrow(
        expect.objectContaining({ code: "SQLITE_NOTADB" }),
      );
    }
  });
});
