import type { Colors } from "../cli/io.ts";
import type { FleetMigration, TenantMigration } from "../fleet/migrate-fleet.ts";
import { describeFailures } from "./failures.ts";
import { duration, groupBy, someMigrations, someNames, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";
import type { Cell } from "./table.ts";

/** What `up` tells people. */
export const describeUp = { table, summary };

/** Tenants that had the same outcome share a row, so that a thousand tenants take a few lines. */
function table({ tenants }: FleetMigration, colors: Colors): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "MIGRATIONS" },
    { heading: "NAMES" },
  ];
  const rows = groupBy(tenants, outcomeOf).map((group): Cell[] => {
    const first = group[0]!;
    return [
      { text: String(group.length) },
      { text: first.state, paint: paintOf(first.state, colors) },
      { text: migrationsOf(first) },
      { text: someNames(group) },
    ];
  });
  return formatTable(columns, rows, colors.bold);
}

function summary({ run, state, reason, counts, tenants, durationMs }: FleetMigration, colors: Colors): string {
  const parts = [`${counts.migrated} migrated`, `${counts.upToDate} up to date already`];
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} failed`));
  if (counts.notStarted > 0) parts.push(colors.yellow(`${counts.notStarted} not started`));
  const halted = reason === undefined ? "" : `${colors.red("halted")} ${reason}\n`;
  const again =
    state === "done"
      ? ""
      : `Run ${run}. To go on: resume, retry --failed, or the same again; what is done is left alone.\n`;
  return `${describeFailures(tenants, colors)}${halted}${tenantCount(counts.total)} in ${duration(durationMs)}: ${parts.join(", ")}.\n${again}`;
}

function outcomeOf({ state, applied, error }: TenantMigration): string {
  return JSON.stringify([state, applied, error?.code, error?.migration]);
}

function migrationsOf({ applied, error }: TenantMigration): string {
  const done = applied.length === 0 ? "-" : someMigrations(applied);
  if (error === undefined) return done;
  const where = error.migration === undefined ? error.code : `${error.code} in ${error.migration}`;
  return applied.length === 0 ? where : `${done}, then ${where}`;
}

function paintOf(state: TenantMigration["state"], { green, red, yellow, dim }: Colors): (text: string) => string {
  return { migrated: green, "up-to-date": dim, failed: red, "not-started": yellow }[state];
}
