import { baselineWith } from "../baseline.ts";
import type { BaselineResult } from "../baseline.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { existing, runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate baseline` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const at = String(options["at"]);
  return runTenantCommand<BaselineResult>(options, io, {
    name: "baseline",
    words: { doing: "Recording in", done: "recorded" },
    work: (client, set, tenant, signal) => baselineWith(existing(client, tenant), set, at, { tenant, signal }),
    text: (outcome, { out }) =>
      outcomeTable(
        outcome,
        ({ recorded }) => ({
          state: recorded.length > 0 ? "recorded" : "unchanged",
          about: recorded.join(", ") || "-",
          isGood: true,
        }),
        out.colors,
      ),
    summary: (outcome, { err }) => outcomeSummary(outcome, err.colors),
  });
}
