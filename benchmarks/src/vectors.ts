import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import {
  createVectorIndex,
  dropVectorIndex,
  insertVectors,
  vector,
  vectorColumn,
  vectorDistance,
  vectorIndexInfo,
  vectorSearch,
} from "@litefleet/driver/vector";
import type { CreateVectorIndexOptions, VectorMatch } from "@litefleet/driver/vector";
import { measure } from "./measure.ts";
import type { Contender } from "./measure.ts";
import type { Report } from "./report.ts";
import { drawPlot } from "./vector-plot.ts";
import type { PlotPoint } from "./vector-plot.ts";
import { benchInserts } from "./vectors-insert.ts";
import { fetchWords } from "./word-vectors.ts";
import type { Word } from "./word-vectors.ts";

const plot = fileURLToPath(new URL("../../docs/vector-indexes.svg", import.meta.url));
const where = { table: "words", column: "embedding" };
const stored = 50_000;
const asked = 200;
const bytesOfVectors = stored * 400;

const bits = { compressNeighbors: "float1bit", maxNeighbors: 20 } as const;
/** What libSQL takes for 100 dimensions if nothing is said. */
const whole = { compressNeighbors: "float32", maxNeighbors: 33, searchL: 200 } as const;

/** Words of which every 251st is asked for and the others are stored: what is asked for is nobody's own vector. */
interface Split {
  readonly stored: readonly Word[];
  readonly asked: readonly Word[];
}

/** Searches and inserts on real embeddings, which are fetched first; then what indexes are good for, as a picture. */
export async function benchVectors(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  try {
    const words = await fetchWords(folder, stored + asked);
    await benchInserts(report, folder, words);
    const isAsked = (_: Word, i: number): boolean => i % 251 === 125;
    const split = {
      asked: words.filter(isAsked),
      stored: words.filter((word, i) => !isAsked(word, i)),
    };
    for (const rows of [1_000, 10_000]) {
      const client = await fill(join(folder, `${rows}.db`), split, rows);
      await createVectorIndex(client, where);
      await benchAuto(report, client, split, rows);
      await benchOverhead(report, client, split, rows);
      client.close();
    }
    const client = await fill(join(folder, "words.db"), split, stored);
    await benchPresets(report, client, split);
    client.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(file: string, split: Split, rows: number): Promise<Client> {
  const client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute(`CREATE TABLE words (word TEXT, ${vectorColumn("embedding", 100)})`);
  await insertVectors(client, "words", split.stored.slice(0, rows));
  return client;
}

/** A way of searching, which asks for one word after the other. */
function searching(
  name: string,
  times: number,
  { asked: words }: Split,
  search: (embedding: Float32Array) => Promise<unknown>,
): Contender {
  let next = 0;
  return {
    name,
    times,
    async work(count) {
      for (let i = 0; i < count; i += 1) await search(words[next++ % words.length]!.embedding);
    },
  };
}

async function benchAuto(report: Report, client: Client, split: Split, rows: number): Promise<void> {
  const times = Math.max(10, Math.ceil(200_000 / rows));
  const index = (await vectorIndexInfo(client, where))?.name ?? "";
  const ways = ["exact", index, "auto"].map((way) =>
    searching(way, times, split, (embedding) => vectorSearch(client, { ...where, vector: embedding, index: way })),
  );
  const taken = await measure(ways);
  const [exact = 0, indexed = 0, auto = 0] = [...taken.values()];
  const label = rows.toLocaleString("en");
  report.figure(`${label} rows: the index against every row`, exact / indexed, "×");
  report.figure(`${label} rows: auto against the better of the two`, auto / Math.min(exact, indexed), "×", {
    atMost: 1.3,
  });
}

/** The SQL that somebody would write by hand, and the helper. */
async function benchOverhead(report: Report, client: Client, split: Split, rows: number): Promise<void> {
  const distance = vectorDistance("embedding");
  const every = `SELECT rowid, word, ${distance} AS distance FROM words ORDER BY distance LIMIT 10`;
  const index = (await vectorIndexInfo(client, where))?.name ?? "";
  const nearest = `SELECT words.rowid, word, ${distance} AS distance FROM vector_top_k('${index}', ?, 20) AS near
    JOIN words ON words.rowid = near.id ORDER BY distance LIMIT 10`;
  const times = Math.max(10, Math.ceil(200_000 / rows));
  const taken = await measure([
    searching("every by hand", times, split, (embedding) => client.execute(every, [vector(embedding)])),
    searching("every", times, split, (embedding) =>
      vectorSearch(client, { ...where, vector: embedding, index: "exact" }),
    ),
    searching("index by hand", 200, split, (embedding) =>
      client.execute(nearest, [vector(embedding), vector(embedding)]),
    ),
    searching("index", 200, split, (embedding) => vectorSearch(client, { ...where, vector: embedding, index })),
  ]);
  const label = rows.toLocaleString("en");
  const ratio = (name: string): number =>
    (taken.get(name) ?? Number.NaN) / (taken.get(`${name} by hand`) ?? Number.NaN);
  report.figure(`${label} rows: vectorSearch against SQL by hand, every row`, ratio("every"), "×", { atMost: 1.1 });
  report.figure(`${label} rows: vectorSearch against SQL by hand, index`, ratio("index"), "×", { atMost: 1.1 });
}

/** What an index of 50,000 words does. */
interface Measured {
  readonly recall: number;
  readonly milliseconds: number;
  readonly exactMilliseconds: number;
  readonly size: number;
}

async function benchPresets(report: Report, client: Client, split: Split): Promise<void> {
  const truth: ReadonlySet<unknown>[] = [];
  for (const { embedding } of split.asked) truth.push(new Set(ids(await searchExact(client, embedding))));
  const points: PlotPoint[] = [];
  const series = async (
    name: string,
    options: Omit<CreateVectorIndexOptions, "table" | "column">,
    labels: Readonly<Record<number, string>>,
  ): Promise<Map<number, Measured>> => {
    const index = await createVectorIndex(client, { ...where, ...options });
    const measured = new Map<number, Measured>();
    for (const [searchL, label] of Object.entries(labels)) {
      await setSearchL(client, index, Number(searchL));
      const one = await measureIndex(client, split, truth, index);
      measured.set(Number(searchL), one);
      points.push({ series: name, label, ...one });
    }
    return measured;
  };
  const balanced = (await series("float8, 28 neighbours", { preset: "balanced" }, { 100: "balanced" })).get(100);
  const { exactMilliseconds = 0, milliseconds = Infinity } = balanced ?? {};
  report.figure("50,000 rows, balanced: recall@10", balanced?.recall ?? 0, "", { atLeast: 0.95 });
  report.figure("50,000 rows, balanced: size against the vectors", balanced?.size ?? 0, "×", { atMost: 12 });
  report.figure("50,000 rows, balanced: faster than every row", exactMilliseconds / milliseconds, "×", { atLeast: 3 });
  points.push({ series: "every row", label: "no index", milliseconds: exactMilliseconds, recall: 1, size: 0 });
  await benchAuto(report, client, split, stored);
  await benchOverhead(report, client, split, stored);
  await benchFilter(report, client, split);
  await dropVectorIndex(client, where);
  const others = [
    [
      "exact-recall",
      300,
      "float8, 28 neighbours",
      { preset: "exact-recall" },
      { 40: "", 60: "", 200: "", 300: "exact-recall" },
    ],
    ["small", 150, "float8, 12 neighbours", { preset: "small" }, { 60: "", 100: "", 150: "small", 300: "" }],
    ["float1bit", 200, "float1bit, 20 neighbours", bits, { 100: "", 200: "", 300: "" }],
    ["libSQL's defaults", 200, "libSQL's own defaults", whole, { 60: "", 100: "", 200: "" }],
  ] as const;
  for (const [name, searchL, title, options, labels] of others) {
    const one = (await series(title, options, labels)).get(searchL);
    report.figure(`50,000 rows, ${name}: recall@10`, one?.recall ?? 0, "");
    report.figure(`50,000 rows, ${name}: size against the vectors`, one?.size ?? 0, "×");
    const faster = (one?.exactMilliseconds ?? 0) / (one?.milliseconds ?? Infinity);
    report.figure(`50,000 rows, ${name}: faster than every row`, faster, "×");
    await dropVectorIndex(client, where);
  }
  await writeFile(plot, drawPlot("50,000 words of 100 dimensions, by cosine", points));
  await benchL2(report, client, split);
}

async function measureIndex(
  client: Client,
  split: Split,
  truth: readonly ReadonlySet<unknown>[],
  index: string,
): Promise<Measured> {
  let found = 0;
  for (const [i, { embedding }] of split.asked.entries()) {
    const rows = await vectorSearch(client, { ...where, vector: embedding, index });
    found += ids(rows).filter((id) => truth[i]?.has(id)).length;
  }
  const taken = await measure([
    searching("exact", 10, split, (embedding) => searchExact(client, embedding)),
    searching("index", 50, split, (embedding) => vectorSearch(client, { ...where, vector: embedding, index })),
  ]);
  const info = await vectorIndexInfo(client, where);
  return {
    recall: found / (split.asked.length * 10),
    milliseconds: (taken.get("index") ?? Number.NaN) / 1_000,
    exactMilliseconds: (taken.get("exact") ?? Number.NaN) / 1_000,
    size: (info?.bytes ?? Number.NaN) / bytesOfVectors,
  };
}

/** Of a condition that keeps one row in a hundred, how many searches give exactly the ten nearest. */
async function benchFilter(report: Report, client: Client, split: Split): Promise<void> {
  let same = 0;
  for (const [i, { embedding }] of split.asked.entries()) {
    const options = { ...where, vector: embedding, where: "words.rowid % 100 = ?", args: [i % 100] };
    const rows = ids(await vectorSearch(client, options));
    const exact = ids(await vectorSearch(client, { ...options, index: "exact" }));
    if (rows.length === 10 && rows.every((id, at) => id === exact[at])) same += 1;
  }
  report.figure("a condition keeps 1 %: searches with exactly the ten nearest", same / split.asked.length, "", {
    atLeast: 1,
  });
}

async function benchL2(report: Report, client: Client, split: Split): Promise<void> {
  const index = await createVectorIndex(client, { ...where, metric: "l2" });
  let found = 0;
  for (const { embedding } of split.asked) {
    const options = { ...where, vector: embedding, metric: "l2" } as const;
    const exact = new Set(ids(await vectorSearch(client, { ...options, index: "exact" })));
    found += ids(await vectorSearch(client, { ...options, index })).filter((id) => exact.has(id)).length;
  }
  report.figure("50,000 rows, balanced by l2: recall@10", found / (split.asked.length * 10), "", { atLeast: 0.95 });
}

function searchExact(client: Client, embedding: Float32Array): Promise<VectorMatch[]> {
  return vectorSearch(client, { ...where, vector: embedding, index: "exact" });
}

/**
 * Has an index look at so many nodes in a search. libSQL takes the number when the index is created; here it is changed where libSQL
 * keeps it (nine bytes a setting: number 9 and a value), so that one index can be measured at several.
 */
async function setSearchL(client: Client, index: string, searchL: number): Promise<void> {
  const find = "SELECT metadata FROM libsql_vector_meta_shadow WHERE name = ?";
  const metadata = (await client.execute(find, [index])).rows[0]?.["metadata"];
  if (!(metadata instanceof ArrayBuffer)) throw new TypeError(`${index} has no settings`);
  const view = new DataView(metadata);
  for (let at = 0; at + 9 <= view.byteLength; at += 9) {
    if (view.getUint8(at) === 9) view.setBigUint64(at + 1, BigInt(searchL), true);
  }
  const update = "UPDATE libsql_vector_meta_shadow SET metadata = ? WHERE name = ?";
  await client.execute(update, [new Uint8Array(metadata), index]);
}

function ids(rows: readonly VectorMatch[]): unknown[] {
  return rows.map(({ rowid }) => rowid);
}
