// One contender's 200,000 inserts; prints its time and its peak memory above what it had before.
import { createRequire } from "node:module";
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";
import type Database from "libsql";

const openLibsql = createRequire(import.meta.url)("libsql") as new (path: string) => Database.Database;

const count = 200_000;
const [who = "", file = ""] = process.argv.slice(2);
const sql = "INSERT INTO t VALUES (?, ?)";
const url = `file:${file}`;

const setUp = createPeer({ url });
await setUp.execute("PRAGMA journal_mode = WAL");
await setUp.execute("CREATE TABLE t (a INTEGER, b TEXT)");
setUp.close();

const argsOf = (i: number): [number, string] => [i, "some text"];
const statements =
  who === "peer" || who === "ours" ? Array.from({ length: count }, (_, i) => ({ sql, args: argsOf(i) })) : [];

const ways: Readonly<Record<string, () => Promise<unknown> | void>> = {
  peer: () => createPeer({ url }).batch(statements, "write"),
  ours: () => createClient({ url }).batch(statements, "write"),
  prepared: () =>
    createClient({ url }).transaction(async (tx) => {
      const insert = tx.prepare(sql);
      for (let i = 0; i < count; i += 1) await insert.run(argsOf(i));
    }),
  raw() {
    const db = new openLibsql(file);
    const insert = db.prepare(sql);
    db.exec("BEGIN IMMEDIATE");
    for (let i = 0; i < count; i += 1) insert.run(argsOf(i));
    db.exec("COMMIT");
  },
};

globalThis.gc?.();
const before = process.memoryUsage.rss();
const startedAt = performance.now();
await ways[who]?.();
const milliseconds = performance.now() - startedAt;
// ru_maxrss is in kilobytes.
const peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1_024 - before);
process.stdout.write(JSON.stringify({ milliseconds, peakBytes }));
