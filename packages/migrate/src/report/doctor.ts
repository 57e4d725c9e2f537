import type { Colors } from "../cli/io.ts";
import type { Check } from "../doctor/check.ts";

/** What `doctor` tells people. */
export const describeDoctor = { list, summary };

/** A line for each check, and the cure below what is wrong. */
function list(checks: readonly Check[], { green, yellow, red, bold }: Colors): string {
  const marks = { ok: green("ok     "), warning: yellow("warning"), problem: red("problem") };
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, state, message, cure }) => {
      const line = `${marks[state]}  ${bold(name.padEnd(width))}  ${message}\n`;
      return cure === undefined ? line : `${line}${" ".repeat(width + 11)}→ ${cure}\n`;
    })
    .join("");
}

function summary(checks: readonly Check[], { green, red }: Colors): string {
  const count = (state: Check["state"]): number => checks.filter((check) => check.state === state).length;
  const warnings = count("warning") === 0 ? "" : `, ${count("warning")} warning(s)`;
  return count("problem") === 0
    ? `${green("Ready")}${warnings}.\n`
    : `${red(`${count("problem")} problem(s)`)}${warnings}.\n`;
}
