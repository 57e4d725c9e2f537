import { planFor } from "../plan-migrations.ts";
import { describePlan } from "../report/plan.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readOrder, readScope } from "./fleet-options.ts";
import { optionalText } from "./read-option.ts";
import type { Io } from "./io.ts";
import { runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate plan` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const selection = { to: optionalText(options["to"]), tx: readScope(options), order: readOrder(options) };
  return runTenantCommand(options, io, {
    name: "plan",
    words: { doing: "Planning for", done: "planned" },
    work: (client, set, tenant) => planFor(client, set, { ...selection, tenant }),
    text: (outcome, { out }) => describePlan.text(outcome, out.colors),
    summary: (outcome, { err }) => describePlan.summary(outcome, err.colors),
    isDifferent: ({ state }) => state === "pending",
  });
}
