import { readFile } from "node:fs/promises";
import { createClient } from "@litefleet/driver";
import { createVectorIndex, decodeVector, insertVectors, vectorColumn, vectorSearch } from "@litefleet/driver/vector";
import type { VectorMatch } from "@litefleet/driver/vector";
import { expect, it, onTestFinished } from "vitest";

const bytesAWord = 111;
const stored = 1200;
const where = { table: "words", column: "embedding", k: 10 };

async function readWords(): Promise<Float32Array[]> {
  const bytes = await readFile(new URL("testdata/words-100d.i8", import.meta.url));
  return Array.from({ length: bytes.length / bytesAWord }, (_, i) => {
    const { values } = decodeVector(bytes.subarray(i * bytesAWord, (i + 1) * bytesAWord));
    return Float32Array.from(values);
  });
}

function ids(rows: readonly VectorMatch[]): unknown[] {
  return rows.map(({ rowid }) => rowid);
}

it.each([
  ["balanced", "cosine", 0.97],
  ["balanced", "l2", 0.97],
  ["small", "cosine", 0.95],
  ["exact-recall", "cosine", 0.99],
] as const)("an index of preset %s finds the nearest real words by %s", async (preset, metric, bound) => {
  const client = createClient({ url: ":memory:" });
  onTestFinished(() => client.close());
  const words = await readWords();
  await client.execute(`CREATE TABLE words (n INTEGER, ${vectorColumn("embedding", 100)})`);
  const rows = words.slice(0, stored).map((embedding, n) => ({ n, embedding }));
  await insertVectors(client, "words", rows);
  const index = await createVectorIndex(client, { ...where, metric, preset });
  const queries = words.slice(stored);
  let found = 0;
  for (const vector of queries) {
    const exact = await vectorSearch(client, { ...where, vector, metric, index: "exact" });
    const near = await vectorSearch(client, { ...where, vector, metric, index, explain: true });
    expect(near.plan.method).toBe("index");
    found += ids(near.rows).filter((id) => ids(exact).includes(id)).length;
    const condition = { where: "n % 100 = ?", args: [7] };
    const few = await vectorSearch(client, { ...where, ...condition, vector, metric, index });
    expect(ids(few)).toEqual(
      ids(await vectorSearch(client, { ...where, ...condition, vector, metric, index: "exact" })),
    );
  }
  expect(found / (queries.length * where.k)).toBeGreaterThanOrEqual(bound);
});
