import type { Colors } from "../cli/io.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import { groupErrors } from "./error-groups.ts";
import { namesOf, tenantCount } from "./groups.ts";

/** A fleet can fail in many ways; a run ledger, `--json` and the other reports have them all. */
const shownKinds = 20;

/** The errors of a run by kind, each with the first message and the first tenants. */
export function describeFailures(
  tenants: readonly { readonly name: string; readonly error?: TenantError | undefined }[],
  colors: Colors,
): string {
  const groups = groupErrors(tenants);
  const lines = groups.slice(0, shownKinds).map(({ code, message, count, tenants: names }) => {
    const more = count === 1 ? "" : ` (${tenantCount(count)}: ${namesOf(names, count)})`;
    return `${colors.red(code)} ${message}${more}\n`;
  });
  const rest = groups.slice(shownKinds);
  const left = rest.reduce((sum, { count }) => sum + count, 0);
  const restLine = rest.length === 0 ? "" : `and ${rest.length} more kinds of errors (${tenantCount(left)})\n`;
  return `${lines.join("")}${restLine}`;
}
