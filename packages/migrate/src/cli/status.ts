import { fleetStatus } from "../fleet/fleet-status.ts";
import { standingsOf } from "../fleet/standings.ts";
import { createProgress } from "../report/progress.ts";
import { describeStatus } from "../report/status.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** `litefleet-migrate status` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { dir, ledgerTable, format, concurrency, json, source } = readFleetOptions(options, io);
  const progress = createProgress(io.err, { doing: "Looking at", done: "looked at" });
  const result = await withInterrupt(io, (signal) =>
    fleetStatus({
      dir,
      ledgerTable,
      source: format,
      concurrency,
      ...source,
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
  if (json) {
    const versions = standingsOf(result).map(({ state, version, count, names }) => ({ state, version, count, names }));
    io.out.write(`${JSON.stringify({ command: "status", dir, versions, ...result }, undefined, 2)}\n`);
  } else io.out.write(describeStatus.table(result, io.out.colors));
  io.err.write(describeStatus.summary(result, io.err.colors));
  if (result.interrupted) return exitCodes.interrupted;
  if (result.counts.failed > 0) return exitCodes.partial;
  return result.counts.upToDate === result.counts.total ? exitCodes.done : exitCodes.differences;
}
