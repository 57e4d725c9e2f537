import { openRuns } from "../run/ledger-reader.ts";
import { describeRuns } from "../report/runs.ts";
import type { RawOptions } from "./command.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { readRunsOptions } from "./rollout-options.ts";

/** `litefleet-migrate runs` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const reader = await openRuns(readRunsOptions(options, io));
  try {
    const runs = await reader.list({ limit: typeof options["limit"] === "number" ? options["limit"] : 20 });
    if (options["json"] === true) io.out.write(`${JSON.stringify({ command: "runs", runs }, undefined, 2)}\n`);
    else io.out.write(describeRuns.list(runs, io.out.colors));
    return exitCodes.done;
  } finally {
    await reader.close();
  }
}
