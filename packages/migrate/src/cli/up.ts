import { runFleet } from "../fleet/migrate-fleet.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readOrder } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { lossQuestion } from "./loss-question.ts";
import { run as plan } from "./plan.ts";
import { optionalText } from "./read-option.ts";
import { openRunOutput } from "./run-output.ts";
import { readRunSettings } from "./run-settings.ts";
import { tellRun } from "./tell-run.ts";

/** `litefleet-migrate up` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  if (options["dryRun"] === true) return plan(options, io);
  const settings = readRunSettings(options, io);
  const to = optionalText(options["to"]);
  const order = readOrder(options);
  const output = await openRunOutput(options, io, { doing: "Migrating", done: "migrated" });
  const { onEvent } = output;
  const startedAt = performance.now();
  const finished = await withInterrupt(output.io, (signal) =>
    runFleet({ ...settings, to, order, signal, onEvent }, lossQuestion(output.io)).finally(output.end),
  );
  return tellRun(finished, { head: { command: "up", dir: settings.dir }, startedAt, output, io });
}
