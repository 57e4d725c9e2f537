import type { Colors } from "../cli/io.ts";
import type { FleetOutcome, TenantOutcome } from "../fleet/each-tenant.ts";
import { describeFailures } from "./failures.ts";
import { duration, groupBy, someNames, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";
import type { Cell } from "./table.ts";

/** What one tenant's result is in a table: a word for its state, and what it is about. */
export interface OutcomeWords {
  readonly state: string;
  readonly about: string;
  readonly isGood: boolean;
}

/** Tenants that had the same outcome share a row. */
export function outcomeTable<T>(
  { tenants }: FleetOutcome<T>,
  words: (result: T) => OutcomeWords,
  colors: Colors,
): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "MIGRATIONS" },
    { heading: "NAMES" },
  ];
  const wordsOf = ({ state, result, error }: TenantOutcome<T>): OutcomeWords => {
    if (result !== undefined) return words(result);
    return { state, about: error === undefined ? "-" : `${error.code} ${error.migration ?? ""}`.trim(), isGood: false };
  };
  const rows = groupBy(tenants, (tenant) => JSON.stringify(wordsOf(tenant))).map((group): Cell[] => {
    const { state, about, isGood } = wordsOf(group[0]!);
    return [
      { text: String(group.length) },
      { text: state, paint: isGood ? colors.green : colors.red },
      { text: about },
      { text: someNames(group) },
    ];
  });
  return formatTable(columns, rows, colors.bold);
}

/** The last lines of a command: what failed, and how many tenants there were. */
export function outcomeSummary<T>(
  { tenants, counts, durationMs, interrupted }: FleetOutcome<T>,
  colors: Colors,
): string {
  const parts = [`${counts.done} done`];
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} failed`));
  if (interrupted) parts.push(colors.yellow(`${counts.notStarted} not started`));
  return `${describeFailures(tenants, colors)}${tenantCount(counts.total)} in ${duration(durationMs)}: ${parts.join(", ")}.\n`;
}
