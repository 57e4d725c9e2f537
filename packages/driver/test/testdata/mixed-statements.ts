// Runs many statements of many texts and prints what it found and what memory it took; its arguments are the file, the engine, how
// many statements and how many texts.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient } from "@litefleet/driver";

const [file = "", engine = "", total = "", texts = ""] = process.argv.slice(2);
const client = createClient({ url: `file:${file}`, engine: engine as "libsql" | "sqlite" });
await client.execute("PRAGMA journal_mode = WAL");
await client.execute("PRAGMA synchronous = OFF");
await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0, s TEXT)");
await client.batch(
  Array.from({ length: 100 }, (_, i) => ({ sql: "INSERT INTO t (id, s) VALUES (?, 'x')", args: [i] })),
  "write",
);

/** What a statement of text number `k` should change `sum(n)` by. */
async function run(i: number, k: number): Promise<number> {
  const id = BigInt(i % 100);
  switch (k % 8) {
    case 0:
      await client.execute(`UPDATE t SET n = n + ${k} WHERE id = ?`, [id]);
      return k;
    case 1:
      await client.execute({ sql: `INSERT INTO t (n, s) VALUES (:n, '${k}') RETURNING id`, args: { n: 1n } });
      return 1;
    case 2:
      return client.transaction(async (tx) => {
        await tx.execute(`UPDATE t SET n = n + 1, s = '${k}' WHERE id = ?`, [id]);
        const { rows } = await tx.execute(`SELECT n, ${k} AS k FROM t WHERE id = ?`, [id]);
        if (rows[0]?.["k"] !== k) throw new Error(`expected ${k}`);
        return 1;
      });
    case 3:
      for await (const row of client.iterate(`SELECT id, ${k} AS k FROM t ORDER BY id LIMIT 3`)) {
        if (row["k"] !== k) throw new Error(`expected ${k}`);
        if (i % 2 === 0) break;
      }
      return 0;
    case 4:
      await client.execute(`DELETE FROM t WHERE id >= 100 AND n = 0 AND ${k} > 0`);
      return 0;
    case 5:
      await client.execute(`SELECT no_such_column_${k} FROM t`).catch(() => undefined);
      return 0;
    default: {
      const row = await client.prepare(`SELECT id, n, s, ${k} AS k FROM t WHERE id = ?`).get([id]);
      if (row?.["k"] !== k) throw new Error(`expected ${k}`);
      return 0;
    }
  }
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Memory in use: without garbage, and without what V8 holds in reserve, for its heap grows by large steps, and late. */
async function usedBytes(): Promise<number> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - heapTotal + heapUsed;
}

let expected = 0;
const samples: number[] = [];
for (let i = 0; i < Number(total); i += 1) {
  expected += await run(i, (i * 7_919) % Number(texts));
  if ((i + 1) % (Number(total) / 40) === 0) samples.push(await usedBytes());
}
const warmBytes = Math.max(...samples.slice(10, 20));
const endBytes = Math.max(...samples.slice(-10));
const sum = Number((await client.execute("SELECT sum(n) FROM t")).rows[0]?.[0]);
// Only one of the libraries can tell.
const compiled =
  engine === "libsql" ? Number((await client.execute("SELECT count(*) FROM sqlite_stmt")).rows[0]?.[0]) : undefined;
process.stdout.write(`${JSON.stringify({ expected, sum, warmBytes, endBytes, compiled })}\n`);
client.close();
