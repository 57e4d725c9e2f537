import { fleetDrift } from "../drift/fleet-drift.ts";
import { describeDrift } from "../report/drift.ts";
import { createProgress } from "../report/progress.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";

/** `litefleet-migrate drift` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { ledgerTable, format, concurrency, json, source } = readFleetOptions(options, io);
  const dir = optionalText(options["dir"]);
  const progress = createProgress(io.err, { doing: "Comparing", done: "compared" });
  const drift = await withInterrupt(io, (signal) =>
    fleetDrift({
      dir,
      ledgerTable,
      source: format,
      concurrency,
      ...source,
      reference: optionalText(options["reference"]),
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
  if (json) io.out.write(`${JSON.stringify({ command: "drift", ...drift }, undefined, 2)}\n`);
  else io.out.write(describeDrift.text(drift, io.out.colors));
  io.err.write(describeDrift.summary(drift, io.err.colors));
  if (drift.interrupted) return exitCodes.interrupted;
  if (drift.counts.failed > 0) return exitCodes.partial;
  return drift.isUniform ? exitCodes.done : exitCodes.differences;
}
