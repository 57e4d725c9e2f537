import type { Colors } from "../cli/io.ts";
import type { FleetOutcome, TenantOutcome } from "../fleet/each-tenant.ts";
import type { MigrationsPlan } from "../plan-migrations.ts";
import { describeDestructive } from "../safety/destructive.ts";
import { describeFailures } from "./failures.ts";
import { groupBy, someMigrations, someNames, tenantCount } from "./groups.ts";

/** What `plan` tells people. */
export const describePlan = { text, summary };

/** What would run, once for each group of tenants for which it is the same. */
function text({ tenants }: FleetOutcome<MigrationsPlan>, colors: Colors): string {
  const planned = tenants.filter((tenant) => tenant.result !== undefined);
  const groups = groupBy(planned, ({ result }) =>
    JSON.stringify([result?.migrations, result?.transactions, result?.refused]),
  );
  return groups.map((group) => groupText(group, colors)).join("\n");
}

function groupText(group: readonly TenantOutcome<MigrationsPlan>[], colors: Colors): string {
  const plans = group.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const [plan] = plans;
  if (plan === undefined) return "";
  const title = colors.bold(`${tenantCount(group.length)}: ${someNames(group)}`);
  if (plan.state === "up-to-date") return `${title}\n  nothing to do\n`;
  const lines = [`${title}\n  ${plan.migrations.length} migration(s): ${someMigrations(plan.migrations)}\n`];
  for (const [i, { kind, foreignKeys, statements }] of plan.transactions.entries()) {
    const keys = foreignKeys === "off" ? ", foreign keys off and checked before COMMIT" : "";
    const name =
      kind === "outside" ? "outside of any transaction" : `transaction ${i + 1} of ${plan.transactions.length}${keys}`;
    lines.push(`\n  ${colors.dim(`-- ${name}`)}\n`);
    let migration: string | undefined;
    for (const statement of statements) {
      if (statement.migration !== migration) lines.push(`  ${colors.dim(`-- ${statement.migration}`)}\n`);
      migration = statement.migration;
      lines.push(`${statement.sql.replaceAll(/^/gmu, "  ")};\n`);
    }
  }
  for (const name of plan.programs)
    lines.push(`  ${colors.dim(`-- ${name} is a program: what it runs is known only then`)}\n`);
  lines.push("\n");
  for (const { table, rebuilt } of plan.tables) {
    const rows = plans.flatMap(({ tables }) => tables.filter((t) => t.table === table).map((t) => t.rows));
    const [least, most] = [Math.min(...rows), Math.max(...rows)];
    const range = least === most ? String(most) : `${least} to ${most}`;
    lines.push(`  ${rebuilt ? "rebuilds" : "touches"} ${table} (${range} rows)\n`);
  }
  for (const one of plan.destructive) {
    lines.push(`  ${colors.red("destructive")} ${one.file}:${one.line} ${describeDestructive(one)}\n`);
  }
  for (const { migration, line, reason } of plan.refused) {
    lines.push(`  ${colors.red("refused")} ${migration}:${line} ${reason}\n`);
  }
  if (plan.destructive.length === 0) lines.push(`  ${colors.green("not destructive")}\n`);
  return lines.join("");
}

function summary({ tenants, counts }: FleetOutcome<MigrationsPlan>, colors: Colors): string {
  const pending = tenants.filter(({ result }) => result?.state === "pending").length;
  const parts = [`${pending} with something to do`, `${counts.done - pending} up to date`];
  if (counts.failed > 0) parts.push(colors.red(`${counts.failed} failed`));
  return `${describeFailures(tenants, colors)}${tenantCount(counts.total)}: ${parts.join(", ")}. Nothing was changed.\n`;
}
