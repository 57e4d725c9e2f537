import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Report } from "./report.ts";

const run = promisify(execFile);

/** Ten thousand files in a process of its own: its memory and the files that it has open, at their highest. */
export async function benchFleetMemory(report: Report, folder: string): Promise<void> {
  const child = fileURLToPath(new URL("fleet-memory-child.ts", import.meta.url));
  const { stdout } = await run(process.execPath, [child, folder]);
  const { migrated, peakMb, openFiles } = JSON.parse(stdout) as Record<"migrated" | "peakMb" | "openFiles", number>;
  report.figure("10,000 tenants: migrated", migrated, "", { atLeast: 10_000 });
  report.figure("10,000 tenants: peak of resident memory", peakMb, "MB", { atMost: 300 });
  if (existsSync("/proc/self/fd")) {
    report.figure("10,000 tenants: the most files open at once", openFiles, "", { atMost: 500 });
  }
}
