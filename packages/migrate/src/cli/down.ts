import { runDownFleet } from "../fleet/down-fleet.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { lossQuestion } from "./loss-question.ts";
import { optionalText } from "./read-option.ts";
import { openRunOutput } from "./run-output.ts";
import { readRunSettings } from "./run-settings.ts";
import { tellRun } from "./tell-run.ts";

/** `litefleet-migrate down` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const settings = readRunSettings(options, io);
  const to = optionalText(options["to"]);
  const steps = options["steps"] === undefined ? undefined : Number(options["steps"]);
  const output = await openRunOutput(options, io, { doing: "Undoing migrations of", done: "done" });
  const { onEvent } = output;
  const startedAt = performance.now();
  const finished = await withInterrupt(output.io, (signal) =>
    runDownFleet({ ...settings, to, steps, signal, onEvent }, lossQuestion(output.io)).finally(output.end),
  );
  return tellRun(finished, { head: { command: "down", dir: settings.dir }, startedAt, output, io });
}
