import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Report } from "./report.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./mixed-statements.ts", import.meta.url));
const statements = 1_000_000;
const texts = 5_000;

/** What the process prints. */
interface Measured {
  /** Memory in use, in bytes, at even distances. */
  readonly samples: readonly number[];
  readonly residentBytes: number;
}

/** A million statements of 5,000 texts: once the process is warm, its memory must stay where it is. */
export async function benchSoak(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litefleet-bench-"));
  try {
    for (const engine of ["libsql", "sqlite"]) {
      const args = [script, join(folder, `${engine}.db`), engine, String(statements), String(texts)];
      const { stdout } = await run(process.execPath, args);
      const { samples, residentBytes } = JSON.parse(stdout) as Measured;
      const quarter = samples.length / 4;
      const warm = Math.max(...samples.slice(quarter, 2 * quarter));
      const last = Math.max(...samples.slice(-quarter));
      report.figure(`engine ${engine}: memory in the last quarter against the second`, last / warm, "×", {
        atMost: 1.1,
      });
      report.figure(`engine ${engine}: resident memory at the end`, residentBytes / 2 ** 20, "MB");
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
