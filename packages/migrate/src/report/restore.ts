import type { RestoredTenant } from "../backup/restore-backups.ts";
import type { Colors } from "../cli/io.ts";
import { describeFailures } from "./failures.ts";
import { tenantCount } from "./groups.ts";
import { formatTable } from "./table.ts";

/** What `restore` tells people. */
export const describeRestore = { table, summary };

function table(tenants: readonly RestoredTenant[], colors: Colors): string {
  const columns = [
    { heading: "TENANT" },
    { heading: "STATE" },
    { heading: "TO BEFORE" },
    { heading: "WHAT WAS THERE" },
  ];
  const rows = tenants.map(({ tenant, state, run, replaced, error }) => [
    { text: tenant },
    { text: state, paint: state === "restored" ? colors.green : colors.red },
    { text: run },
    { text: error?.code ?? replaced ?? "-" },
  ]);
  return formatTable(columns, rows, colors.bold);
}

function summary(tenants: readonly RestoredTenant[], colors: Colors): string {
  const failed = tenants.filter(({ state }) => state === "failed").length;
  const parts = [`${tenants.length - failed} restored`];
  if (failed > 0) parts.push(colors.red(`${failed} not`));
  const failures = tenants.map(({ tenant, error }) => ({ name: tenant, ...(error && { error }) }));
  return `${describeFailures(failures, colors)}${tenantCount(tenants.length)}: ${parts.join(", ")}.\n`;
}
