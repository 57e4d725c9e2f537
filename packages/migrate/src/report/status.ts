import type { Colors } from "../cli/io.ts";
import type { FleetStatus, TenantStatus } from "../fleet/fleet-status.ts";
import { describeFailures } from "./failures.ts";
import { standingsOf } from "../fleet/standings.ts";
import { namesOf, someMigrations, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";
import type { Cell } from "./table.ts";

/** What `status` tells people. */
export const describeStatus = { table, summary };

/** A fleet in disorder is still told in few lines; `--json` has every tenant. */
const shownStandings = 30;

/** The fleet by version: tenants that stand alike share a row, and the most frequent standing comes first. */
function table(status: FleetStatus, colors: Colors): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "AT" },
    { heading: "DIFFERENCE" },
    { heading: "NAMES" },
  ];
  const standings = standingsOf(status);
  const rows = standings
    .slice(0, shownStandings)
    .map(({ state, version, count, names, example }): Cell[] => [
      { text: String(count) },
      { text: state, paint: paintOf(state, colors) },
      { text: version ?? "-" },
      { text: differenceOf(example) },
      { text: namesOf(names, count) },
    ]);
  const more = standings.slice(shownStandings);
  const left = more.reduce((sum, { count }) => sum + count, 0);
  const moreLine =
    more.length === 0 ? "" : `and ${tenantCount(left)} in ${more.length} more ways; --json names every one\n`;
  return `${formatTable(columns, rows, colors.bold)}${moreLine}`;
}

function summary(status: FleetStatus, colors: Colors): string {
  const { counts, tenants, interrupted } = status;
  const parts = [`${counts.upToDate} up to date`];
  if (counts.pending > 0) parts.push(colors.yellow(`${counts.pending} with pending migrations`));
  if (counts.diverged > 0) parts.push(colors.red(`${counts.diverged} diverged`));
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} could not be read`));
  if (interrupted) parts.push(`${counts.notStarted} not looked at`);
  return `${describeFailures(tenants, colors)}${outliers(status)}${tenantCount(counts.total)}: ${parts.join(", ")}.\n`;
}

/** Where most tenants stand alike, those that do not, by name. */
function outliers(status: FleetStatus): string {
  const [most, ...others] = standingsOf(status);
  const count = others.reduce((sum, standing) => sum + standing.count, 0);
  if (most === undefined || count === 0 || most.count <= count) return "";
  const names = others.flatMap((standing) => standing.names).slice(0, 3);
  return `${tenantCount(count)} ${count === 1 ? "stands" : "stand"} elsewhere than the ${most.count} at ${most.version ?? "no migration"}: ${namesOf(names, count)}.\n`;
}

function differenceOf({ pending, edited, outOfOrder, failed, missing, error }: TenantStatus): string {
  const parts: string[] = [];
  if (error !== undefined) parts.push(error.code);
  if (pending.length > 0) parts.push(`pending ${someMigrations(pending)}`);
  if (edited.length > 0) parts.push(`edited ${someMigrations(edited)}`);
  if (outOfOrder.length > 0) parts.push(`out of order ${someMigrations(outOfOrder)}`);
  if (failed.length > 0) parts.push(`not finished ${someMigrations(failed)}`);
  if (missing.length > 0) parts.push(`${missing.length} unknown to the folder`);
  return parts.length === 0 ? "-" : parts.join("; ");
}

function paintOf(state: TenantStatus["state"], { green, red, yellow }: Colors): (text: string) => string {
  return { "up-to-date": green, pending: yellow, diverged: red, failed: red, "not-started": yellow }[state];
}
