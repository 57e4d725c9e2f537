import { describeDown } from "../fleet/down-fleet.ts";
import { describeRun } from "../fleet/migrate-fleet.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import { describeUp } from "../report/up.ts";
import type { FinishedRun } from "../run/fleet-run.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import type { RunOutput } from "./run-output.ts";

/** What goes with a run that is over. */
export interface RunTold {
  /** What the document begins with. */
  readonly head: { readonly command: string; readonly dir?: string };
  /** When it began, as `performance.now()` said. */
  readonly startedAt: number;
  readonly output: RunOutput;
  readonly io: Io;
}

/** Tells a run that is over, forward or back, and answers the exit code. */
export async function tellRun(finished: FinishedRun, { head, startedAt, output, io }: RunTold): Promise<ExitCode> {
  if (finished.run.command === "down") {
    const outcome = describeDown(finished, startedAt);
    const words = (result: { readonly state: string; readonly reverted: readonly string[] }) => ({
      state: result.state,
      about: result.reverted.join(", ") || "-",
      isGood: true,
    });
    await output.finish(finished, { ...head, ...outcome }, () => outcomeTable(outcome, words, io.out.colors));
    const halted = outcome.reason === undefined ? "" : `${io.err.colors.red("halted")} ${outcome.reason}\n`;
    // The same again would go further back.
    const goOn = outcome.state === "done" ? "" : `Run ${outcome.run}. To go on: resume, or retry --failed.\n`;
    io.err.write(`${halted}${outcomeSummary(outcome, io.err.colors)}${goOn}`);
  } else {
    const result = describeRun(finished, startedAt);
    await output.finish(finished, { ...head, ...result }, () => describeUp.table(result, io.out.colors));
    io.err.write(describeUp.summary(result, io.err.colors));
  }
  return exitCodeOf(finished.run.state);
}
