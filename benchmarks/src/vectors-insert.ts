import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { createVectorIndex, dropVectorIndex, insertVectors, vector, vectorColumn } from "@litefleet/driver/vector";
import { measure, median } from "./measure.ts";
import type { Report } from "./report.ts";
import type { Word } from "./word-vectors.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./insert-vectors.ts", import.meta.url));
const where = { table: "words", column: "embedding" };

/** A vector as an argument, and rows by the thousand, against JSON texts. */
export async function benchInserts(report: Report, folder: string, words: readonly Word[]): Promise<void> {
  await benchEncoding(report);
  const client = createClient({ url: `file:${join(folder, "inserts.db")}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await createTable(client);
  const insert = "INSERT INTO words VALUES (?, vector32(?))";
  const times = await measure([
    {
      name: "text",
      times: 200,
      isWhole: true,
      async work(count) {
        for (const { word, embedding } of words.slice(0, count)) {
          await client.execute(insert, [word, JSON.stringify([...embedding])]);
        }
      },
    },
    {
      name: "bulk",
      times: 5_000,
      isWhole: true,
      work: async (count) => void (await insertVectors(client, "words", words.slice(0, count))),
    },
  ]);
  const ratio = (times.get("text") ?? Number.NaN) / (times.get("bulk") ?? Number.NaN);
  report.figure("insertVectors against one INSERT with JSON text at a time", ratio, "×", { atLeast: 3 });
  client.close();
  await benchRebuild(report, folder, words);
  const { stdout } = await run(process.execPath, [script, "1000000", join(folder, "million.db")]);
  const { milliseconds, grownBytes } = JSON.parse(stdout) as { milliseconds: number; grownBytes: number };
  report.figure("1,000,000 rows of 100 dimensions", milliseconds / 1_000, "s");
  report.figure("memory in use, the most beyond that after 100,000 rows", grownBytes / 2 ** 20, "MB", { atMost: 16 });
}

async function benchEncoding(report: Report): Promise<void> {
  const doubles = Array.from({ length: 1_536 }, (_, i) => Math.sin(i * 12.9898) / 3);
  const floats = Float32Array.from(doubles);
  let bytes = 0;
  const times = await measure([
    {
      name: "text",
      times: 500,
      work(count) {
        for (let i = 0; i < count; i += 1) bytes += JSON.stringify(doubles).length;
      },
    },
    {
      name: "array",
      times: 20_000,
      work(count) {
        for (let i = 0; i < count; i += 1) bytes += vector(doubles).length;
      },
    },
    {
      name: "floats",
      times: 20_000,
      work(count) {
        for (let i = 0; i < count; i += 1) bytes += vector(floats).length;
      },
    },
  ]);
  const ratio = (name: string): number => (times.get("text") ?? Number.NaN) / (times.get(name) ?? Number.NaN);
  if (bytes === 0) throw new Error("Nothing was encoded");
  report.figure("an array of 1,536 numbers as an argument against JSON", ratio("array"), "×", { atLeast: 20 });
  report.figure("a Float32Array of 1,536 against JSON", ratio("floats"), "×", { atLeast: 20 });
}

/** What `index: "rebuild"` saves, and when: 4,000 rows to an index of 200. */
async function benchRebuild(report: Report, folder: string, words: readonly Word[]): Promise<void> {
  for (const [batchSize, label] of [
    [500, "500"],
    [20, "20"],
  ] as const) {
    const ratios: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const keep = await insertIndexed(join(folder, `keep-${label}-${round}.db`), words, batchSize, "keep");
      const rebuild = await insertIndexed(join(folder, `rebuild-${label}-${round}.db`), words, batchSize, "rebuild");
      ratios.push(keep / rebuild);
    }
    report.figure(`index: "keep" against "rebuild", 2,000 rows to 200, batches of ${label}`, median(ratios), "×");
  }
}

async function insertIndexed(
  file: string,
  words: readonly Word[],
  batchSize: number,
  index: "keep" | "rebuild",
): Promise<number> {
  const client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await createTable(client);
  await insertVectors(client, "words", words.slice(0, 200));
  await createVectorIndex(client, where);
  const startedAt = performance.now();
  await insertVectors(client, "words", words.slice(200, 2_200), { batchSize, index });
  const milliseconds = performance.now() - startedAt;
  await dropVectorIndex(client, where);
  client.close();
  return milliseconds;
}

async function createTable(client: Client): Promise<void> {
  await client.execute(`CREATE TABLE words (word TEXT, ${vectorColumn("embedding", 100)})`);
}
