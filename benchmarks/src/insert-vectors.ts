// Rows with vectors of 100 dimensions from an async generator; prints what memory was in use beyond that of the first tenth.
import { createClient } from "@litefleet/driver";
import { insertVectors, vectorColumn } from "@litefleet/driver/vector";
import type { VectorRow } from "@litefleet/driver/vector";
import { usedMemory } from "./used-memory.ts";

const [count, file] = [Number(process.argv[2]), process.argv[3] ?? ""];
const client = createClient({ url: `file:${file}` });
await client.execute("PRAGMA journal_mode = WAL");
await client.execute(`CREATE TABLE words (n INTEGER, ${vectorColumn("embedding", 100)})`);
const samples: number[] = [];

async function* rows(): AsyncGenerator<VectorRow> {
  for (let n = 0; n < count; n += 1) {
    if (n > 0 && n % (count / 10) === 0) samples.push(await usedMemory());
    yield { n, embedding: Float32Array.from({ length: 100 }, (_, i) => ((n * 31 + i * 17) % 251) / 251) };
  }
}

const startedAt = performance.now();
await insertVectors(client, "words", rows());
const milliseconds = performance.now() - startedAt;
client.close();
process.stdout.write(JSON.stringify({ milliseconds, grownBytes: Math.max(...samples) - samples[0]! }));
