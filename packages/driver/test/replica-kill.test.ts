import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import type { Client } from "../src/index.ts";
import { open, ownFolder, valueOf } from "./replica-fixture.ts";

const rounds = inject("soak") ? 20 : 4;
const soakMs = inject("soak") ? 60_000 : 3_000;
const seed = Number(process.env["LITEFLEET_SEED"] ?? Date.now() % 1_000_000);

test("a process that is killed amid a sync leaves a replica that can be trusted", { tags: ["soak"] }, async () => {
  await using sqld = await startSqld();
  const writer = open({ url: sqld.url });
  await writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)");
  await writer.execute("CREATE TABLE total (n INTEGER)");
  await writer.execute("INSERT INTO total VALUES (0)");
  const path = join(await ownFolder(), "r.db");
  const random = randomFrom(seed);
  for (let round = 0; round < rounds; round += 1) {
    await writer.batch(
      [
        ...Array.from({ length: 4 }, () => "INSERT INTO t (body) VALUES (randomblob(1000000))"),
        "UPDATE total SET n = (SELECT count(*) FROM t)",
      ],
      "write",
    );
    await using proxy = await startFaultProxy({ target: sqld.url });
    const child = syncing(path, proxy.url);
    const killAt = Math.floor(random() * 3_900_000);
    const ended = once(child, "exit");
    while (child.exitCode === null && child.signalCode === null && proxy.counters.bytesDown < killAt) {
      await new Promise((resolve) => void setTimeout(resolve, 1));
    }
    child.kill("SIGKILL");
    await ended;
    // What is there is read without the primary: a whole state of before or after, or nothing at all.
    if (!existsSync(path)) continue;
    const offline = open({ url: `file:${path}`, syncUrl: "http://127.0.0.1:1" });
    const { rows } = await offline.execute("SELECT (SELECT count(*) FROM t) AS rows, n FROM total");
    expect(rows[0]?.["rows"], `seed ${seed}, round ${round}`).toBe(rows[0]?.["n"]);
    offline.close();
  }
  const replica = open({ url: `file:${path}`, syncUrl: sqld.url });
  await replica.sync();
  expect(await valueOf(replica, "PRAGMA integrity_check"), `seed ${seed}`).toBe("ok");
  expect(await valueOf(replica, "SELECT count(*) FROM t"), `seed ${seed}`).toBe(rounds * 4);
  for (let id = 1; id <= rounds * 4; id += 1) {
    const [there, here] = [await bodyOf(writer, id), await bodyOf(replica, id)];
    expect(here.equals(there), `seed ${seed}, row ${id}`).toBe(true);
  }
});

test("two replicas of a busy primary show whole states only, and end equal to it", { tags: ["soak"] }, async () => {
  await using sqld = await startSqld();
  const folder = await ownFolder();
  const writer = open({ url: sqld.url });
  await writer.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)");
  await writer.batch(
    Array.from({ length: 20 }, (_, id) => `INSERT INTO account VALUES (${id}, 100)`),
    "write",
  );
  const replicas = ["a", "b"].map((name) =>
    open({ url: `file:${join(folder, `${name}.db`)}`, syncUrl: sqld.url, syncInterval: 0.1 }),
  );
  const errors: unknown[] = [];
  for (const replica of replicas) {
    await replica.sync();
    replica.on("error", ({ error }) => void errors.push(error));
  }
  const random = randomFrom(seed);
  const endsAt = performance.now() + soakMs;
  let isWriting = true;
  const writing = (async () => {
    while (performance.now() < endsAt) {
      const [from, to] = [Math.floor(random() * 20), Math.floor(random() * 20)];
      await writer.batch(
        [
          `UPDATE account SET balance = balance - 1 WHERE id = ${from}`,
          `UPDATE account SET balance = balance + 1 WHERE id = ${to}`,
        ],
        "write",
      );
      await new Promise((resolve) => void setTimeout(resolve, 4));
    }
    isWriting = false;
  })();
  const reading = replicas.map(async (replica) => {
    while (isWriting) {
      expect(await valueOf(replica, "SELECT sum(balance) FROM account"), `seed ${seed}`).toBe(2_000);
      await new Promise((resolve) => void setImmediate(resolve));
    }
  });
  await Promise.all([writing, ...reading]);
  const final = (await writer.execute("SELECT * FROM account ORDER BY id")).rows;
  for (const replica of replicas) {
    await replica.sync();
    expect((await replica.execute("SELECT * FROM account ORDER BY id")).rows).toEqual(final);
    expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
  }
  expect(errors).toEqual([]);
});

async function bodyOf(client: Client, id: number): Promise<Buffer> {
  const { rows } = await client.execute("SELECT body FROM t WHERE id = ?", [id]);
  const body = rows[0]?.["body"];
  if (!(body instanceof ArrayBuffer)) throw new TypeError(`Row ${id} has no body`);
  return Buffer.from(body);
}

/** A process that does nothing but sync. */
function syncing(path: string, syncUrl: string): ChildProcess {
  const script = `
    import { createClient } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const client = createClient({ url: ${JSON.stringify(`file:${path}`)}, syncUrl: ${JSON.stringify(syncUrl)} });
    await client.sync();
    await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
}

/** Mulberry32. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
