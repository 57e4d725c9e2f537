import { resumeFleetRun } from "../fleet/resume-fleet.ts";
import type { FinishedRun } from "../run/fleet-run.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { optionalText } from "./read-option.ts";
import { readRollout } from "./rollout-options.ts";
import { openRunOutput } from "./run-output.ts";
import type { RunOutput } from "./run-output.ts";
import { tellRun } from "./tell-run.ts";

/** `litefleet-migrate resume` and, with `--failed`, `retry` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const which = options["failed"] === true ? "failed" : "open";
  const output = await openRunOutput(options, io, { doing: "Going on with", done: "done" });
  const startedAt = performance.now();
  const finished = await resume(options, output, which);
  const command = which === "failed" ? "retry" : "resume";
  return tellRun(finished, { head: { command }, startedAt, output, io });
}

function resume(options: RawOptions, output: RunOutput, which: "open" | "failed"): Promise<FinishedRun> {
  const [id] = argumentsOf(options);
  const { source } = readFleetOptions(options, output.io);
  const { concurrency } = options;
  return withInterrupt(output.io, (signal) =>
    resumeFleetRun({
      ...source,
      ...readRollout(options, output.io),
      ...(typeof concurrency === "number" && { concurrency }),
      run: id,
      dir: optionalText(options["dir"]),
      ...(options["allowDestructive"] === true && { allowDestructive: true }),
      which,
      signal,
      onEvent: output.onEvent,
    }).finally(output.end),
  );
}
