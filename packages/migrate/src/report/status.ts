import type { Colors } from "../cli/io.ts";
import type { FleetStatus, TenantStatus } from "../fleet/fleet-status.ts";
import { describeFailures } from "./failures.ts";
import { groupBy, someMigrations, someNames, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";
import type { Cell } from "./table.ts";

/** What `status` tells people. */
export const describeStatus = { table, summary };

/** The fleet by version: tenants that stand alike share a row. */
function table({ migrations, tenants }: FleetStatus, colors: Colors): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "AT" },
    { heading: "DIFFERENCE" },
    { heading: "NAMES" },
  ];
  const rows = groupBy(tenants, standingOf).map((group): Cell[] => {
    const first = group[0]!;
    return [
      { text: String(group.length) },
      { text: first.state, paint: paintOf(first.state, colors) },
      { text: migrations.findLast((name) => first.applied.includes(name) || first.edited.includes(name)) ?? "-" },
      { text: differenceOf(first) },
      { text: someNames(group) },
    ];
  });
  return formatTable(columns, rows, colors.bold);
}

function summary({ counts, tenants, interrupted }: FleetStatus, colors: Colors): string {
  const parts = [`${counts.upToDate} up to date`];
  if (counts.pending > 0) parts.push(colors.yellow(`${counts.pending} with pending migrations`));
  if (counts.diverged > 0) parts.push(colors.red(`${counts.diverged} diverged`));
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} could not be read`));
  if (interrupted) parts.push(`${counts.notStarted} not looked at`);
  return `${describeFailures(tenants, colors)}${tenantCount(counts.total)}: ${parts.join(", ")}.\n`;
}

function standingOf({ state, applied, pending, edited, outOfOrder, failed, missing, error }: TenantStatus): string {
  return JSON.stringify([state, applied, pending, edited, outOfOrder, failed, missing, error?.code]);
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
