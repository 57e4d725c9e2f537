import type { Colors } from "../cli/io.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import { groupErrors } from "./error-groups.ts";
import { namesOf, tenantCount } from "./groups.ts";

/** The errors of a run by kind, each with the first message and the first tenants. */
export function describeFailures(
  tenants: readonly { readonly name: string; readonly error?: TenantError | undefined }[],
  colors: Colors,
): string {
  return groupErrors(tenants)
    .map(({ code, message, count, tenants: names }) => {
      const more = count === 1 ? "" : ` (${tenantCount(count)}: ${namesOf(names, count)})`;
      return `${colors.red(code)} ${message}${more}\n`;
    })
    .join("");
}
