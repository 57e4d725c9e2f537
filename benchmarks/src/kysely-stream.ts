import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "@litefleet/driver";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./stream-many.ts", import.meta.url));
const rows = 200_000;
const rounds = 3;

/** What one process of `stream-many.ts` prints. */
interface Measured {
  /** The most memory in use at any moment in the second half of the rows above the most in the first, in bytes. */
  readonly grownBytes: number;
  /** Peak resident memory above that before, in bytes. */
  readonly peakBytes: number;
}

/** A stream of 200,000 rows, beside reading them at once, each in a process of its own so that its memory is its own. */
export async function benchKyselyStream(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-stream-"));
  try {
    const file = join(folder, "rows.db");
    await fill(file);
    for (const engine of ["libsql", "sqlite"]) {
      const samples: Record<"stream" | "execute", Measured[]> = { stream: [], execute: [] };
      for (let round = 0; round < rounds; round += 1) {
        for (const way of ["stream", "execute"] as const) {
          const { stdout } = await run(process.execPath, ["--expose-gc", script, way, engine, file]);
          samples[way].push(JSON.parse(stdout) as Measured);
        }
      }
      const middle = (way: keyof typeof samples, field: keyof Measured): number =>
        median(samples[way].map((sample) => sample[field]));
      const name = `engine ${engine}: 200,000 rows`;
      report.figure(`${name} streamed, growth in the second half`, middle("stream", "grownBytes") / 2 ** 20, "MB", {
        atMost: 2,
      });
      report.figure(`${name} streamed, peak memory`, middle("stream", "peakBytes") / 2 ** 20, "MB");
      report.figure(`${name} read at once, peak memory`, middle("execute", "peakBytes") / 2 ** 20, "MB");
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(file: string): Promise<void> {
  await using client = createClient({ url: `file:${file}` });
  await client.execute("PRAGMA journal_mode = WAL");
  await client.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, score REAL, note TEXT)");
  await client.transaction(async (tx) => {
    const insert = tx.prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
    for (let i = 0; i < rows; i += 1)
      await insert.run([i, `name ${i}`, i * 1.5, `a note of some length about row ${i}`]);
  });
}
