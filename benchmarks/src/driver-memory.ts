import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./insert-many.ts", import.meta.url));

/** What one process of `insert-many.ts` prints. */
interface Measured {
  readonly milliseconds: number;
  /** Peak resident memory above that before the insert, in bytes. */
  readonly peakBytes: number;
}

/** 200,000 inserts in one batch, each contender in a process of its own so that its memory is its own. */
export async function memoryOfBatch(report: Report, folder: string): Promise<void> {
  const samples = { peer: [] as Measured[], ours: [] as Measured[], prepared: [] as Measured[] };
  for (let round = 0; round < 3; round += 1) {
    for (const who of ["peer", "ours", "prepared"] as const) {
      const { stdout } = await run(process.execPath, ["--expose-gc", script, who, join(folder, `${who}-${round}.db`)]);
      samples[who].push(JSON.parse(stdout) as Measured);
    }
  }
  const time = (who: keyof typeof samples): number => median(samples[who].map(({ milliseconds }) => milliseconds));
  const memory = (who: keyof typeof samples): number => median(samples[who].map(({ peakBytes }) => peakBytes));
  report.figure("batch of 200,000 inserts against the peer", time("peer") / time("ours"), "×", { atLeast: 6 });
  report.figure("its peak memory as a part of the peer's", memory("ours") / memory("peer"), "×", { atMost: 0.25 });
  report.figure("prepared in one transaction, peak memory", memory("prepared") / 2 ** 20, "MB", {});
}
