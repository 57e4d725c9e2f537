import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import { repairWith } from "../repair.ts";
import type { RepairResult } from "../repair.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { existing, runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate repair` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const forgetMissing = options["forgetMissing"] === true;
  return runTenantCommand<RepairResult>(options, io, {
    name: "repair",
    words: { doing: "Repairing", done: "repaired" },
    work: (client, set, tenant, signal) =>
      repairWith(existing(client, tenant), set, { forgetMissing }, { tenant, signal }),
    text: (outcome, { out }) =>
      outcomeTable(
        outcome,
        ({ rehashed, forgotten }) => ({
          state: rehashed.length + forgotten.length > 0 ? "repaired" : "unchanged",
          about: [...rehashed, ...forgotten.map((entry) => `without ${entry}`)].join(", ") || "-",
          isGood: true,
        }),
        out.colors,
      ),
    summary: (outcome, { err }) => outcomeSummary(outcome, err.colors),
  });
}
