import { rehearse } from "../rehearse/rehearse.ts";
import { createProgress } from "../report/progress.ts";
import { describeRehearsal } from "../report/rehearse.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions, readOrder, readScope } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { optionalText, readList } from "./read-option.ts";

/** `litefleet-migrate rehearse` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { dir, ledgerTable, format, concurrency, json, source } = readFleetOptions(options, io);
  // The sample is taken here, of those that the other options select.
  const { sample, seed, ...select } = source.select ?? {};
  const progress = createProgress(io.err, { doing: "Rehearsing on copies of", done: "rehearsed" });
  const result = await withInterrupt(io, (signal) =>
    rehearse({
      dir,
      ledgerTable,
      source: format,
      concurrency,
      ...source,
      select,
      sample,
      seed,
      to: optionalText(options["to"]),
      tx: readScope(options),
      order: readOrder(options),
      allowRowLoss: readList(options["allowRowLoss"]),
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
  if (json) io.out.write(`${JSON.stringify({ command: "rehearse", dir, ...result }, undefined, 2)}\n`);
  else io.out.write(describeRehearsal.text(result, io.out.colors));
  io.err.write(describeRehearsal.summary(result, io.err.colors));
  if (result.interrupted) return exitCodes.interrupted;
  return result.counts.failed > 0 ? exitCodes.partial : exitCodes.done;
}
