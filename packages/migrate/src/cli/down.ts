import { runDownFleet } from "../fleet/down-fleet.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions, readScope } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { lossQuestion } from "./loss-question.ts";
import { optionalText, readList } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";
import { openRunOutput } from "./run-output.ts";
import { tellRun } from "./tell-run.ts";

/** `litefleet-migrate down` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const { dir, ledgerTable, format, concurrency, source } = readFleetOptions(options, io);
  const output = await openRunOutput(options, io, { doing: "Undoing migrations of", done: "done" });
  const startedAt = performance.now();
  const finished = await withInterrupt(output.io, (signal) =>
    runDownFleet(
      {
        dir,
        ledgerTable,
        source: format,
        concurrency,
        ...source,
        ...readRollout(options, io),
        to: optionalText(options["to"]),
        steps: options["steps"] === undefined ? undefined : Number(options["steps"]),
        tx: readScope(options),
        allowDestructive: options["allowDestructive"] === true,
        allowRowLoss: readList(options["allowRowLoss"]),
        lockTimeoutMs: Number(options["lockTimeout"]),
        signal,
        onEvent: output.onEvent,
      },
      lossQuestion(output.io),
    ).finally(output.end),
  );
  return tellRun(finished, { head: { command: "down", dir }, startedAt, output, io });
}
