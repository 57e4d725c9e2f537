import type { Colors } from "../cli/io.ts";
import type { Rehearsal, RehearsedTenant, TableChange } from "../rehearse/rehearse.ts";
import { describeFailures } from "./failures.ts";
import { duration, groupBy, someMigrations, someNames, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";

/** What `rehearse` tells people. */
export const describeRehearsal = { text, summary };

/** The tenants by outcome, and below what becomes of the rows of each table, over the whole sample. */
function text({ tenants }: Rehearsal, colors: Colors): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "MIGRATIONS" },
    { heading: "LONGEST", align: "right" as const },
    { heading: "NAMES" },
  ];
  const rows = groupBy(tenants, (tenant) => JSON.stringify([tenant.state, aboutOf(tenant)])).map((group) => {
    const first = group[0]!;
    return [
      { text: String(group.length) },
      { text: first.state, paint: first.state === "failed" ? colors.red : colors.green },
      { text: aboutOf(first) },
      { text: duration(Math.max(...group.map(({ durationMs }) => durationMs))) },
      { text: someNames(group) },
    ];
  });
  const changes = sumByTable(tenants.flatMap(({ tables }) => tables));
  return formatTable(columns, rows, colors.bold) + (changes.length === 0 ? "" : `\n${tableOf(changes, colors)}`);
}

function aboutOf({ applied, error }: RehearsedTenant): string {
  if (error !== undefined) return `${error.code} ${error.migration ?? ""}`.trim();
  return someMigrations(applied) || "-";
}

interface TableSum extends TableChange {
  readonly tenants: number;
}

function sumByTable(changes: readonly TableChange[]): TableSum[] {
  return groupBy(changes, ({ table }) => table.toLowerCase()).map((group) => ({
    table: group[0]!.table,
    tenants: group.length,
    before: sum(group.map(({ before }) => before)),
    after: sum(group.map(({ after }) => after)),
  }));
}

/** `undefined` where none has the table. */
function sum(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, count) => total + count, 0);
}

function tableOf(changes: readonly TableSum[], colors: Colors): string {
  const columns = [
    { heading: "TABLE" },
    { heading: "TENANTS", align: "right" as const },
    { heading: "ROWS BEFORE", align: "right" as const },
    { heading: "AFTER", align: "right" as const },
  ];
  const rows = changes.map(({ table, tenants, before, after }) => [
    { text: table },
    { text: String(tenants) },
    { text: before === undefined ? "-" : String(before) },
    {
      text: after === undefined ? "-" : String(after),
      paint: (after ?? 0) < (before ?? 0) ? colors.red : colors.green,
    },
  ]);
  return formatTable(columns, rows, colors.bold);
}

function summary({ counts, tenants, durations, fleet, interrupted }: Rehearsal, colors: Colors): string {
  const parts = [`${counts.migrated} migrated`, `${counts.upToDate} up to date`];
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} would fail`));
  if (interrupted) parts.push(`${counts.notStarted} not started`);
  const times =
    durations === undefined
      ? ""
      : ` A tenant takes ${duration(durations.median)}, at most ${duration(durations.longest)}.`;
  const sample = `Copies of ${tenantCount(counts.total)} of ${fleet}`;
  return `${describeFailures(tenants, colors)}${sample}: ${parts.join(", ")}.${times} Nothing was changed.\n`;
}
