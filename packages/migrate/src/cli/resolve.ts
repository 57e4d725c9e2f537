import { MigrateError } from "../errors.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import { resolveWith } from "../resolve.ts";
import type { ResolveResult } from "../resolve.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { optionalText } from "./read-option.ts";
import type { Io } from "./io.ts";
import { existing, runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate resolve` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const [applied, rolledBack] = [optionalText(options["applied"]), optionalText(options["rolledBack"])];
  if ((applied === undefined) === (rolledBack === undefined)) {
    throw new MigrateError(
      "Give the name of one migration, either with --applied or with --rolled-back.",
      "MIGRATION_UNKNOWN",
    );
  }
  return runTenantCommand<ResolveResult>(options, io, {
    name: "resolve",
    words: { doing: "Resolving in", done: "resolved" },
    work: (client, set, tenant, signal) =>
      resolveWith(existing(client, tenant), set, { applied, rolledBack }, { tenant, signal }),
    text: (outcome, { out }) =>
      outcomeTable(
        outcome,
        ({ migration, state, changed }) => ({
          state: changed ? state : `${state} before`,
          about: migration,
          isGood: true,
        }),
        out.colors,
      ),
    summary: (outcome, { err }) => outcomeSummary(outcome, err.colors),
  });
}
