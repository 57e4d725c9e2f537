import type { Colors } from "../cli/io.ts";
import type { ProvisionOutcome, Provisioning } from "../provision/provision-many.ts";
import { describeFailures } from "./failures.ts";
import { groupBy, someNames, tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";

/** What `provision` tells people. */
export const describeProvision = { table, summary };

function table({ tenants }: Provisioning, colors: Colors): string {
  const columns = [
    { heading: "TENANTS", align: "right" as const },
    { heading: "STATE" },
    { heading: "AT" },
    { heading: "NAMES" },
  ];
  const rows = groupBy(tenants, (tenant) => JSON.stringify([tenant.state, detailOf(tenant)])).map((group) => {
    const first = group[0]!;
    const paint = first.state === "made" ? colors.green : colors.red;
    return [
      { text: String(group.length) },
      { text: first.state === "made" ? `made by ${first.by}` : first.state, paint },
      { text: detailOf(first) },
      { text: someNames(group) },
    ];
  });
  return formatTable(columns, rows, colors.bold);
}

function detailOf(tenant: ProvisionOutcome): string {
  return (tenant.state === "made" ? tenant.version : tenant.error?.code) ?? "-";
}

function summary({ counts, tenants, interrupted }: Provisioning, colors: Colors): string {
  const parts = [`${counts.made} made`];
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} not`));
  if (interrupted) parts.push("interrupted");
  const failures = tenants.map((tenant) => (tenant.state === "failed" ? tenant : { name: tenant.name }));
  return `${describeFailures(failures, colors)}${tenantCount(counts.total)}: ${parts.join(", ")}.\n`;
}
