import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { median } from "./measure.ts";
import type { Report } from "./report.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./insert-many.ts", import.meta.url));
const contenders = ["peer", "ours", "prepared", "raw"] as const;
const rounds = 5;

/** What one process of `insert-many.ts` prints. */
interface Measured {
  readonly milliseconds: number;
  /** Peak resident memory above that before the insert, in bytes. */
  readonly peakBytes: number;
}

/** 200,000 inserts in one batch, each contender in a process of its own so that its memory is its own. */
export async function benchMemory(report: Report, folder: string): Promise<void> {
  const samples: Record<(typeof contenders)[number], Measured[]> = { peer: [], ours: [], prepared: [], raw: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const who of contenders) {
      const { stdout } = await run(process.execPath, ["--expose-gc", script, who, join(folder, `${who}-${round}.db`)]);
      samples[who].push(JSON.parse(stdout) as Measured);
    }
  }
  const time = (who: keyof typeof samples): number => median(samples[who].map(({ milliseconds }) => milliseconds));
  const memory = (who: keyof typeof samples): number => median(samples[who].map(({ peakBytes }) => peakBytes));
  report.figure("batch of 200,000 inserts against the peer", time("peer") / time("ours"), "×", { atLeast: 6 });
  report.figure("the same by raw libsql, one statement run again and again", time("peer") / time("raw"), "×");
  report.figure("batch of 200,000, peak memory as a part of the peer's", memory("ours") / memory("peer"), "×", {
    atMost: 0.25,
  });
  report.figure("200,000 prepared in one transaction, peak memory", memory("prepared") / 2 ** 20, "MB", { atMost: 16 });
}
