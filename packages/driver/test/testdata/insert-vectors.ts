// Inserts rows with vectors of 100 dimensions from an async generator and says after each batch how many there are, and at the end
// how much more memory was in use than after the first tenth; its arguments are the file, how many rows, and what becomes of the index.
import { writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createClient } from "@litefleet/driver";
import { insertVectors } from "@litefleet/driver/vector";
import type { VectorRow } from "@litefleet/driver/vector";

const [file = "", total = "", index = ""] = process.argv.slice(2);
const count = Number(total);
const client = createClient({ url: `file:${file}`, timeout: 10_000 });
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const samples: number[] = [];

async function* rows(): AsyncGenerator<VectorRow> {
  for (let n = 0; n < count; n += 1) {
    if (n > 0 && n % (count / 10) === 0) samples.push(await usedBytes());
    yield { n, embedding: Float32Array.from({ length: 100 }, (_, i) => Math.sin(n * 12.9898 + i * 78.233)) };
  }
}

/** Memory in use: without garbage, and without what V8 holds in reserve. */
async function usedBytes(): Promise<number> {
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - heapTotal + heapUsed;
}

await insertVectors(client, "words", rows(), {
  batchSize: 100,
  index: index === "rebuild" ? "rebuild" : "keep",
  onProgress: (inserted) => void writeSync(1, `${inserted}\n`),
});
client.close();
writeSync(1, `${JSON.stringify({ grownBytes: Math.max(...samples) - (samples[0] ?? 0) })}\n`);
