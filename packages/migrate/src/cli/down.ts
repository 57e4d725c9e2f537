import { downFleet } from "../fleet/down-fleet.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import { createProgress } from "../report/progress.ts";
import type { RawOptions } from "./command.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions, readScope } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { optionalText, readList } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";

/** `litefleet-migrate down` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { dir, json, ledgerTable, format, concurrency, source } = readFleetOptions(options, io);
  const progress = createProgress(io.err, { doing: "Undoing migrations of", done: "done" });
  const outcome = await withInterrupt(io, (signal) =>
    downFleet({
      dir,
      ledgerTable,
      source: format,
      concurrency,
      ...source,
      ...readRollout(options),
      to: optionalText(options["to"]),
      steps: options["steps"] === undefined ? undefined : Number(options["steps"]),
      tx: readScope(options),
      allowDestructive: options["allowDestructive"] === true,
      allowRowLoss: readList(options["allowRowLoss"]),
      lockTimeoutMs: Number(options["lockTimeout"]),
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
  const words = (result: { readonly state: string; readonly reverted: readonly string[] }) => ({
    state: result.state,
    about: result.reverted.join(", ") || "-",
    isGood: true,
  });
  if (json) io.out.write(`${JSON.stringify({ command: "down", dir, ...outcome }, undefined, 2)}\n`);
  else io.out.write(outcomeTable(outcome, words, io.out.colors));
  io.err.write(outcomeSummary(outcome, io.err.colors));
  return exitCodeOf(outcome.state);
}
