// One contender's 200,000 inserts; prints its time and its peak memory above what it had before.
import { createClient as createPeer } from "@libsql/client";
import { createClient } from "@litefleet/driver";

const count = 200_000;
const [who = "", file = ""] = process.argv.slice(2);
const sql = "INSERT INTO t VALUES (?, ?)";
const url = `file:${file}`;

const setUp = createPeer({ url });
await setUp.execute("PRAGMA journal_mode = WAL");
await setUp.execute("CREATE TABLE t (a INTEGER, b TEXT)");
setUp.close();

const statements = who === "prepared" ? [] : Array.from({ length: count }, (_, i) => ({ sql, args: [i, "some text"] }));
globalThis.gc?.();
const before = process.memoryUsage.rss();
const startedAt = performance.now();
if (who === "peer") await createPeer({ url }).batch(statements, "write");
else if (who === "ours") await createClient({ url }).batch(statements, "write");
else {
  await createClient({ url }).transaction(async (tx) => {
    const insert = tx.prepare(sql);
    for (let i = 0; i < count; i += 1) await insert.run([i, "some text"]);
  });
}
const milliseconds = performance.now() - startedAt;
// ru_maxrss is in kilobytes.
const peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1_024 - before);
process.stdout.write(JSON.stringify({ milliseconds, peakBytes }));
