import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import type Database from "libsql";
import { benchMemory } from "./driver-memory.ts";
import { benchRemote } from "./driver-remote.ts";
import { benchTransactions } from "./driver-transactions.ts";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import type { Report } from "./report.ts";

const openLibsql = createRequire(import.meta.url)("libsql") as new (path: string) => Database.Database;

const byId = "SELECT id, name, score, note FROM t WHERE id = ?";
const hundred = "SELECT id, name, score, note FROM t LIMIT 100";
const insert = "INSERT INTO log (a, b) VALUES (?, ?)";
const rows = 10_000;

/** The driver against @libsql/client and the raw libraries, on one local file; then over a server. */
export async function benchDriver(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  try {
    await benchLibsql(report, join(folder, "libsql.db"));
    await benchSqlite(report, join(folder, "libsql.db"), join(folder, "sqlite.db"));
    await benchMemory(report, folder);
    await benchTransactions(report, folder);
    await benchRemote(report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchLibsql(report: Report, file: string): Promise<void> {
  await fill(file);
  const peer = createPeer({ url: `file:${file}` });
  const ours = createClient({ url: `file:${file}` });
  const raw = new openLibsql(file);
  const rawById = raw.prepare(byId).raw(true);
  const rawHundred = raw.prepare(hundred).raw(true);
  const point = await measure([
    each("peer", 5_000, (i) => peer.execute(byId, [i])),
    each("execute", 20_000, (i) => ours.execute(byId, [i])),
    each("get", 20_000, prepared(ours, byId)),
    each("raw", 20_000, (i) => rawById.all([i])),
  ]);
  report.figure("point read, prepare().get against the peer", ratio(point, "peer", "get"), "×", { atLeast: 3.5 });
  report.figure("point read, prepare().get against raw libsql .all()", ratio(point, "get", "raw"), "×", {
    atMost: 1.2,
  });
  report.figure("point read, execute against the peer", ratio(point, "peer", "execute"), "×", { atLeast: 2.5 });
  const values = ours.prepare(hundred);
  const many = await measure([
    each("peer", 500, () => peer.execute(hundred)),
    each("execute", 600, () => ours.execute(hundred)),
    each("values", 600, () => values.values()),
    each("raw", 600, () => rawHundred.all([])),
  ]);
  report.figure("100 rows, execute against the peer", ratio(many, "peer", "execute"), "×", { atLeast: 1.8 });
  report.figure("100 rows, values() against raw libsql", ratio(many, "values", "raw"), "×", { atMost: 1.15 });
  const rawInsert = raw.prepare(insert);
  const group = await measure([
    together("peer", 500, (i) => peer.execute(insert, [i, "x"])),
    together("ours", 500, (i) => ours.execute(insert, [i, "x"])),
    {
      name: "raw",
      times: 500,
      isWhole: true,
      work(count) {
        raw.exec("BEGIN IMMEDIATE");
        for (let i = 0; i < count; i += 1) rawInsert.run([i, "x"]);
        raw.exec("COMMIT");
      },
    },
  ]);
  report.figure("500 inserts at once against the peer", ratio(group, "peer", "ours"), "×", { atLeast: 25 });
  report.figure("the same in one transaction of raw libsql", ratio(group, "peer", "raw"), "×");
  report.figure("an insert of the peer, fsync and all", (group.get("peer") ?? Number.NaN) / 1_000, "ms");
  const single = await measure([
    each("peer", 200, (i) => peer.execute(insert, [i, "x"])),
    each("ours", 200, (i) => ours.execute(insert, [i, "x"])),
  ]);
  report.figure("one insert at a time against the peer", ratio(single, "peer", "ours"), "×", { atLeast: 1 });
  ours.close();
  peer.close();
  raw.close();
}

async function benchSqlite(report: Report, libsqlFile: string, file: string): Promise<void> {
  await fill(file);
  const peer = createPeer({ url: `file:${libsqlFile}` });
  const libsql = createClient({ url: `file:${libsqlFile}` });
  const sqlite = createClient({ url: `file:${file}`, engine: "sqlite" });
  const raw = new DatabaseSync(file);
  const rawById = raw.prepare(byId);
  const point = await measure([
    each("peer", 5_000, (i) => peer.execute(byId, [i])),
    each("execute", 40_000, (i) => sqlite.execute(byId, [i])),
    each("get", 40_000, prepared(sqlite, byId)),
    each("libsql", 20_000, prepared(libsql, byId)),
    each("raw", 40_000, (i) => rawById.get(i)),
  ]);
  report.figure("engine sqlite: point read, get against the peer", ratio(point, "peer", "get"), "×", { atLeast: 8 });
  report.figure("engine sqlite: point read, execute against the peer", ratio(point, "peer", "execute"), "×", {
    atLeast: 5,
  });
  report.figure("engine sqlite: get against raw node:sqlite", ratio(point, "get", "raw"), "×", { atMost: 1.3 });
  report.figure("engine sqlite: get against our libsql engine", ratio(point, "libsql", "get"), "×", { atLeast: 1.5 });
  const ourValues = sqlite.prepare(hundred);
  const libsqlValues = libsql.prepare(hundred);
  const many = await measure([
    each("peer", 500, () => peer.execute(hundred)),
    each("execute", 1_000, () => sqlite.execute(hundred)),
    each("values", 1_000, () => ourValues.values()),
    each("libsql", 500, () => libsqlValues.values()),
  ]);
  report.figure("engine sqlite: 100 rows, execute against the peer", ratio(many, "peer", "execute"), "×", {
    atLeast: 3,
  });
  report.figure("engine sqlite: 100 rows, values() against libsql's", ratio(many, "libsql", "values"), "×", {
    atLeast: 1.5,
  });
  for (const client of [peer, libsql, sqlite, raw]) client.close();
}

async function fill(file: string): Promise<void> {
  const client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.executeMultiple(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, score REAL, note TEXT); CREATE TABLE log (a INTEGER, b TEXT)",
  );
  await client.batch(
    Array.from({ length: rows }, (_, i) => ({
      sql: "INSERT INTO t VALUES (?, ?, ?, ?)",
      args: [i, `name ${i}`, i * 1.5, `a note of some length about row ${i}`],
    })),
    "write",
  );
  client.close();
}

function prepared(client: Client, sql: string): (i: number) => Promise<unknown> {
  const statement = client.prepare(sql);
  return (i) => statement.get([i]);
}

function each(name: string, times: number, call: (i: number) => unknown): Contender {
  return {
    name,
    times,
    async work(count) {
      for (let i = 0; i < count; i += 1) await call(i % rows);
    },
  };
}

function together(name: string, times: number, call: (i: number) => Promise<unknown>): Contender {
  return {
    name,
    times,
    isWhole: true,
    async work(count) {
      await Promise.all(Array.from({ length: count }, (_, i) => call(i)));
    },
  };
}

function ratio(medians: Map<string, number>, above: string, below: string): number {
  return (medians.get(above) ?? Number.NaN) / (medians.get(below) ?? Number.NaN);
}
