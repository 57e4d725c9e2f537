import type { Colors } from "../cli/io.ts";
import type { TenantLoss } from "../fleet/ask-before-loss.ts";
import { describeDestructive } from "../safety/destructive.ts";
import { groupBy, someNames, tenantCount } from "./groups.ts";

/** What a run would take away, once for each group of tenants for which it is the same. */
export function describeLosses(losses: readonly TenantLoss[], colors: Colors): string {
  const groups = groupBy(losses, ({ statements }) => JSON.stringify(statements));
  return groups
    .map((group) => {
      const lines = group[0]!.statements.map(
        (one) => `  ${colors.red("destructive")} ${one.file}:${one.line} ${describeDestructive(one)}\n`,
      );
      return `${colors.bold(`${tenantCount(group.length)}: ${someNames(group)}`)}\n${lines.join("")}`;
    })
    .join("");
}
