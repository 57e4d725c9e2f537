// Many statements of many texts on one file, in a process of its own; prints the memory it uses, in bytes, as it goes.
import { createClient } from "@litefleet/driver";
import { usedMemory } from "./used-memory.ts";

const [file = "", engine = "", total = "", texts = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, engine: engine as "libsql" | "sqlite" });
await client.execute("PRAGMA journal_mode = WAL");
await client.execute("PRAGMA synchronous = NORMAL");
await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT)");
await client.batch(
  Array.from({ length: 1_000 }, (_, i) => ({ sql: "INSERT INTO t VALUES (?, 0, 'x')", args: [i] })),
  "write",
);
const samples: number[] = [];
for (let i = 0; i < Number(total); i += 1) {
  const k = (i * 7_919) % Number(texts);
  if (k % 4 === 0) await client.execute(`UPDATE t SET n = n + ${k} WHERE id = ?`, [i % 1_000]);
  else await client.execute(`SELECT id, n, s, ${k} AS k FROM t WHERE id = ?`, [i % 1_000]);
  if ((i + 1) % (Number(total) / 40) === 0) samples.push(await usedMemory());
}
process.stdout.write(JSON.stringify({ samples, residentBytes: process.memoryUsage.rss() }));
client.close();
