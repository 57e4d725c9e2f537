import type { Colors } from "../cli/io.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import { groupBy, someNames, tenantCount } from "./groups.ts";

/** A tenant that may have failed. */
interface MaybeFailed {
  readonly name: string;
  readonly error?: TenantError;
}

/** The errors of a run by kind, each with the first message and the first tenants. */
export function describeFailures(tenants: readonly MaybeFailed[], colors: Colors): string {
  const failed = tenants.filter((tenant) => tenant.error !== undefined);
  return groupBy(
    failed,
    ({ error }) => `${error?.code} ${error?.migration} ${error?.statementIndex} ${error?.causeCode}`,
  )
    .map((group) => {
      const [first] = group;
      const more = group.length === 1 ? "" : ` (${tenantCount(group.length)}: ${someNames(group)})`;
      return `${colors.red(first?.error?.code ?? "")} ${first?.error?.message}${more}\n`;
    })
    .join("");
}
