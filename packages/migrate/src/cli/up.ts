import { runFleet } from "../fleet/migrate-fleet.ts";
import type { FinishedRun } from "../run/fleet-run.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions, readOrder, readScope } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { lossQuestion } from "./loss-question.ts";
import { run as plan } from "./plan.ts";
import { optionalText, readList } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";
import { openRunOutput } from "./run-output.ts";
import type { RunOutput } from "./run-output.ts";
import { tellRun } from "./tell-run.ts";

/** `litefleet-migrate up` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  if (options["dryRun"] === true) return plan(options, io);
  const { dir } = readFleetOptions(options, io);
  const output = await openRunOutput(options, io, { doing: "Migrating", done: "migrated" });
  const startedAt = performance.now();
  const finished = await migrate(options, output);
  return tellRun(finished, { head: { command: "up", dir }, startedAt, output, io });
}

function migrate(options: RawOptions, output: RunOutput): Promise<FinishedRun> {
  const { dir, ledgerTable, format, concurrency, source } = readFleetOptions(options, output.io);
  return withInterrupt(output.io, (signal) =>
    runFleet(
      {
        dir,
        ledgerTable,
        source: format,
        concurrency,
        ...source,
        ...readRollout(options, output.io),
        to: optionalText(options["to"]),
        tx: readScope(options),
        order: readOrder(options),
        allowDestructive: options["allowDestructive"] === true,
        allowRowLoss: readList(options["allowRowLoss"]),
        lockTimeoutMs: Number(options["lockTimeout"]),
        signal,
        onEvent: output.onEvent,
      },
      lossQuestion(output.io),
    ).finally(output.end),
  );
}
