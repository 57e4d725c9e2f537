import { isOver } from "../../run/run-record.ts";
import type { RunTenant } from "../../run/run-record.ts";
import type { RunReport } from "./run-report.ts";

/**
 * A run as JUnit XML: a suite for each wave, a test case for each tenant. What was not run is skipped.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export function junitXml({ run, tenants }: RunReport): string {
  const suites = run.waves.map(({ index, label }) => {
    const members = tenants.filter(({ wave }) => wave === index);
    const name = `wave ${index + 1}: ${label}`;
    const cases = members.map((tenant) => testCase(tenant, `litefleet.${run.command}.wave-${index + 1}`)).join("");
    return `  <testsuite${attributes({ name, ...tally(members) })}>\n${cases}  </testsuite>\n`;
  });
  const time = (((run.endedAt ?? run.heartbeatAt) - run.startedAt) / 1000).toFixed(3);
  const all = { name: `litefleet-migrate ${run.command} ${run.id}`, ...tally(tenants), time };
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${attributes(all)}>\n${suites.join("")}</testsuites>\n`;
}

function tally(tenants: readonly RunTenant[]): Record<string, string> {
  const durations = tenants.reduce((sum, { durationMs = 0 }) => sum + durationMs, 0);
  return {
    tests: String(tenants.length),
    failures: String(tenants.filter(({ state }) => state === "failed").length),
    errors: "0",
    skipped: String(tenants.filter(({ state }) => !isOver(state)).length),
    time: (durations / 1000).toFixed(3),
  };
}

function testCase({ name, state, durationMs = 0, applied, error }: RunTenant, classname: string): string {
  const open = `    <testcase${attributes({ name, classname, time: (durationMs / 1000).toFixed(3) })}`;
  if (state === "failed") {
    const failure = attributes({ type: error?.code ?? "FAILED", message: error?.message ?? "" });
    const where = error?.migration === undefined ? "" : `in ${error.migration}`;
    return `${open}>\n      <failure${failure}>${escape(where)}</failure>\n    </testcase>\n`;
  }
  if (!isOver(state)) return `${open}>\n      <skipped message="not run"/>\n    </testcase>\n`;
  if (applied.length === 0) return `${open}/>\n`;
  return `${open}>\n      <system-out>${escape(applied.join("\n"))}</system-out>\n    </testcase>\n`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join("");
}

/** Characters that XML 1.0 does not have are shown as U+FFFD. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\t\n\r]/gu, (character) => `&#${character.charCodeAt(0)};`);
}
