import { undo } from "../down.ts";
import type { DownResult } from "../down.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readScope } from "./fleet-options.ts";
import { optionalText, readList } from "./read-option.ts";
import type { Io } from "./io.ts";
import { existing, runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate down` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const to = optionalText(options["to"]);
  const steps = options["steps"] === undefined ? undefined : Number(options["steps"]);
  return runTenantCommand<DownResult>(options, io, {
    name: "down",
    words: { doing: "Undoing migrations of", done: "done" },
    work: (client, set, tenant, signal) =>
      undo(existing(client, tenant), set, {
        tenant,
        to,
        steps,
        tx: readScope(options),
        allowDestructive: options["allowDestructive"] === true,
        allowRowLoss: readList(options["allowRowLoss"]),
        lockTimeoutMs: Number(options["lockTimeout"]),
        signal,
      }),
    text: (outcome, { out }) =>
      outcomeTable(
        outcome,
        ({ state, reverted }) => ({ state, about: reverted.join(", ") || "-", isGood: true }),
        out.colors,
      ),
    summary: (outcome, { err }) => outcomeSummary(outcome, err.colors),
  });
}
