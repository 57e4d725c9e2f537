import type { FleetMigration } from "../fleet/migrate-fleet.ts";
import { resumeFleet } from "../fleet/resume-fleet.ts";
import { createProgress } from "../report/progress.ts";
import { describeUp } from "../report/up.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readFleetOptions } from "./fleet-options.ts";
import { withInterrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { readRollout } from "./rollout-options.ts";

/** `litefleet-migrate resume` and, with `--failed`, `retry` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const which = options["failed"] === true ? "failed" : "open";
  const result = await resume(options, io, which);
  const command = which === "failed" ? "retry" : "resume";
  if (options["json"] === true) io.out.write(`${JSON.stringify({ command, ...result }, undefined, 2)}\n`);
  else io.out.write(describeUp.table(result, io.out.colors));
  io.err.write(describeUp.summary(result, io.err.colors));
  return exitCodeOf(result.state);
}

function resume(options: RawOptions, io: Io, which: "open" | "failed"): Promise<FleetMigration> {
  const [id] = argumentsOf(options);
  const { source } = readFleetOptions(options, io);
  const { concurrency } = options;
  const progress = createProgress(io.err, { doing: "Going on with", done: "done" });
  return withInterrupt(io, (signal) =>
    resumeFleet({
      ...source,
      ...readRollout(options),
      ...(typeof concurrency === "number" && { concurrency }),
      run: id,
      which,
      signal,
      onProgress: progress.update,
    }).finally(progress.end),
  );
}
