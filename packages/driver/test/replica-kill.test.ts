import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { startFaultProxy, startSqld } from "@litefleet/testing";
import { expect, inject, test } from "vitest";
import type { Client } from "../src/index.ts";
import { open, ownFolder, valueOf } from "./replica-fixture.ts";
import { randomFrom } from "./testdata/random.ts";

const run = promisify(execFile);

const rounds = inject("soak") ? 20 : 4;
const transfersPerSecond = 200;
const transfers = transfersPerSecond * (inject("soak") ? 60 : 3);
const seed = Number(process.env["LITEFLEET_SEED"] ?? Date.now() % 1_000_000);

/** What must fit together in every state of the primary. */
const state =
  "SELECT (SELECT sum(balance) FROM account) AS balances, (SELECT coalesce(max(id), 0) FROM transfer) AS transfers, n FROM total";

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
  // The server takes up to a second to send a row of a megabyte: the short run looks at one a round.
  for (let id = inject("soak") ? 1 : 4; id <= rounds * 4; id += inject("soak") ? 1 : 4) {
    const [there, here] = [await bodyOf(writer, id), await bodyOf(replica, id)];
    expect(here.equals(there), `seed ${seed}, row ${id}`).toBe(true);
  }
});

test(
  "two replicas of a busy primary show whole states only, and end equal to it",
  { tags: ["soak"] },
  async ({ annotate }) => {
    await using sqld = await startSqld();
    const folder = await ownFolder();
    const writer = open({ url: sqld.url });
    await writer.batch(
      [
        "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER)",
        "CREATE TABLE transfer (id INTEGER PRIMARY KEY, source INTEGER, target INTEGER)",
        "CREATE TABLE total (n INTEGER)",
        "INSERT INTO total VALUES (0)",
        ...Array.from({ length: 20 }, (_, id) => `INSERT INTO account VALUES (${id}, 100)`),
      ],
      "write",
    );
    const replicas = ["a", "b"].map((name) =>
      open({ url: `file:${join(folder, `${name}.db`)}`, syncUrl: sqld.url, syncInterval: 0.1 }),
    );
    const errors: unknown[] = [];
    let syncs = 0;
    for (const replica of replicas) {
      await replica.sync();
      replica.on("error", ({ error }) => void errors.push(error));
      replica.on("sync", () => void (syncs += 1));
    }
    // In a process of its own, so that readers who never pause do not slow it down.
    const script = new URL("testdata/transfer.ts", import.meta.url).pathname;
    let isWriting = true;
    const writing = run(process.execPath, [
      script,
      sqld.url,
      String(transfers),
      String(transfersPerSecond),
      String(seed),
    ]);
    const written = writing.finally(() => (isWriting = false));
    let reads = 0;
    const reading = replicas.map(async (replica) => {
      while (isWriting) {
        const [both, again] = await replica.batch([state, state], "read");
        expect(both?.rows[0]?.["balances"], `seed ${seed}`).toBe(2_000);
        expect(both?.rows[0]?.["transfers"], `seed ${seed}`).toBe(both?.rows[0]?.["n"]);
        expect(again?.rows, `seed ${seed}`).toEqual(both?.rows);
        expect((await replica.execute(state)).rows[0]?.["balances"], `seed ${seed}`).toBe(2_000);
        reads += 3;
        await new Promise((resolve) => void setTimeout(resolve, 1));
      }
    });
    const [{ stdout: seconds }] = await Promise.all([written, ...reading]);
    const rate = transfers / Number(seconds);
    await annotate(`${transfers} transactions, ${rate.toFixed(0)} a second; ${reads} reads, ${syncs} syncs, no error`);
    for (const table of ["account", "transfer", "total"]) {
      const there = (await writer.execute(`SELECT * FROM ${table} ORDER BY 1`)).rows;
      for (const replica of replicas) {
        await replica.sync();
        expect((await replica.execute(`SELECT * FROM ${table} ORDER BY 1`)).rows).toEqual(there);
      }
    }
    for (const replica of replicas) {
      expect(await valueOf(replica, "SELECT n FROM total")).toBe(transfers);
      expect(await valueOf(replica, "PRAGMA integrity_check")).toBe("ok");
    }
    expect(errors).toEqual([]);
    // What the campaign is about: a primary that is that busy. A short run tells nothing about a rate.
    expect(rate).toBeGreaterThan(inject("soak") ? transfersPerSecond * 0.95 : 0);
  },
);

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
