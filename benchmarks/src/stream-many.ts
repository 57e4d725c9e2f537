// One contender reads 200,000 rows; prints how its memory in use has grown in the second half of them, and its peak above what it had before.
import type { LocalEngineName } from "@litefleet/driver";
import { LitefleetDialect } from "@litefleet/kysely-dialect";
import { Kysely } from "kysely";
import { usedMemory } from "./used-memory.ts";

interface Tables {
  t: { id: number; name: string; score: number; note: string };
}

const [way = "", engine = "", file = ""] = process.argv.slice(2);
const db = new Kysely<Tables>({
  dialect: new LitefleetDialect({ url: `file:${file}`, engine: engine as LocalEngineName }),
});
const query = db.selectFrom("t").selectAll();
await query.limit(1).execute();

const rows = 200_000;
let count = 0;
let sum = 0;
let settled = 0;
let grownBytes = 0;

async function look(): Promise<void> {
  const used = await usedMemory();
  // On the first half of the way the code is compiled and the page cache fills.
  if (count <= rows / 2) settled = Math.max(settled, used);
  else grownBytes = Math.max(grownBytes, used - settled);
}

const ways: Readonly<Record<string, () => Promise<void>>> = {
  async stream() {
    for await (const row of query.stream(100)) {
      count += 1;
      sum += row.id;
      if (count % 20_000 === 0) await look();
    }
  },
  async execute() {
    for (const row of await query.execute()) {
      count += 1;
      sum += row.id;
    }
  },
};

globalThis.gc?.();
const before = process.memoryUsage.rss();
await ways[way]?.();
if (count !== rows || sum !== 19_999_900_000) throw new Error(`Read ${count} rows with the sum ${sum}`);
// ru_maxrss is in kilobytes.
const peakBytes = Math.max(0, process.resourceUsage().maxRSS * 1_024 - before);
process.stdout.write(JSON.stringify({ grownBytes, peakBytes }));
await db.destroy();
