import type { RunState } from "../run/run-record.ts";
import { exitCodes } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What the process ends with after a run. */
export function exitCodeOf(state: RunState): ExitCode {
  const codes: Readonly<Record<RunState, ExitCode>> = {
    done: exitCodes.done,
    partial: exitCodes.partial,
    halted: exitCodes.halted,
    interrupted: exitCodes.interrupted,
    abandoned: exitCodes.partial,
    running: exitCodes.inProgress,
  };
  return codes[state];
}
