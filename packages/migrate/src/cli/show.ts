import { describeRuns } from "../report/runs.ts";
import { openRuns, requireRun } from "../run/ledger-reader.ts";
import { argumentsOf } from "./arguments.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { readRunsOptions } from "./rollout-options.ts";
import { checkReportFiles, writeReportFiles } from "./run-output.ts";

/** `litefleet-migrate show` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [id = "latest"] = argumentsOf(options);
  await checkReportFiles(options);
  const reader = await openRuns(readRunsOptions(options, io));
  try {
    const found = await requireRun(reader, id);
    const tenants = await reader.tenants(found.id);
    if (options["json"] === true) {
      io.out.write(`${JSON.stringify({ command: "show", run: found, tenants }, undefined, 2)}\n`);
    } else {
      io.out.write(describeRuns.one(found, tenants, io.out.colors));
    }
    await writeReportFiles(options, { run: found, tenants });
    return exitCodes.done;
  } finally {
    await reader.close();
  }
}
