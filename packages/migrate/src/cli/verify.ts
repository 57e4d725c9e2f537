import { verifyWith } from "../verify.ts";
import type { VerifyResult } from "../verify.ts";
import { outcomeSummary, outcomeTable } from "../report/outcome.ts";
import type { RawOptions } from "./command.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { runTenantCommand } from "./tenant-command.ts";

/** `litefleet-migrate verify` */
export function run(options: RawOptions, io: Io): Promise<ExitCode> {
  return runTenantCommand<VerifyResult>(options, io, {
    name: "verify",
    words: { doing: "Verifying", done: "verified" },
    work: (client, set, tenant) => verifyWith(client, set, tenant),
    text: (outcome, { out }) =>
      outcomeTable(
        outcome,
        ({ ok, problems }) => ({
          state: ok ? "ok" : "diverged",
          about: problems.map(({ kind, migration }) => `${kind} ${migration}`).join(", ") || "-",
          isGood: ok,
        }),
        out.colors,
      ),
    summary: (outcome, { err }) => {
      const problems = outcome.tenants.flatMap(({ result }) => result?.problems ?? []);
      const meanings = new Map(problems.map(({ kind, message }) => [kind, message]));
      const lines = [...meanings].map(([kind, message]) => `${err.colors.red(kind)} ${message}\n`);
      return `${lines.join("")}${outcomeSummary(outcome, err.colors)}`;
    },
    isDifferent: ({ ok }) => !ok,
  });
}
