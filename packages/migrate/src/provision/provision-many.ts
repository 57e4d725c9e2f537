import { describeError } from "../fleet/tenant-result.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import { checkConcurrency, runTenants } from "../fleet/run-tenants.ts";
import type { RunOptions } from "../fleet/run-tenants.ts";
import type { ResolvedTenant, Tenant } from "../fleet/tenant.ts";
import { createTemplate } from "./provision-tenant.ts";
import type { ProvisionedTenant, TemplateOptions } from "./provision-tenant.ts";

/** What became of one of several tenants that were to be made. */
export type ProvisionOutcome =
  | ({ readonly state: "made" } & ProvisionedTenant)
  | {
      readonly state: "failed" | "not-started";
      readonly name: string;
      readonly target: string;
      readonly error?: TenantError;
    };

/** What became of them. */
export interface Provisioning {
  readonly interrupted: boolean;
  readonly counts: { readonly total: number; readonly made: number; readonly failed: number };
  readonly tenants: readonly ProvisionOutcome[];
}

/** Makes tenants side by side. One that fails, as one that exists does, does not stop the others. */
export async function provisionTenants(
  tenants: readonly Tenant[],
  options: TemplateOptions & RunOptions,
): Promise<Provisioning> {
  checkConcurrency(options.concurrency);
  const template = await createTemplate(options);
  const resolved = await resolveTenants({ tenants });
  const byName = new Map(tenants.map((tenant) => [tenant.name, tenant]));
  const makeOne = async (found: ResolvedTenant): Promise<ProvisionOutcome> => {
    const { name, target } = found;
    try {
      const tenant = byName.get(name);
      if (tenant === undefined) throw new TypeError(`Expected a tenant ${name}`);
      return { state: "made", ...(await template.provision(tenant)) };
    } catch (error) {
      return { state: "failed", name, target, error: describeError(error, found) };
    }
  };
  const results = await runTenants(resolved, options, makeOne, () => undefined);
  const all = resolved.map(({ name, target }, i): ProvisionOutcome => {
    return results[i] ?? { state: "not-started", name, target };
  });
  const count = (state: ProvisionOutcome["state"]): number => all.filter((tenant) => tenant.state === state).length;
  return {
    interrupted: count("not-started") > 0,
    counts: { total: all.length, made: count("made"), failed: count("failed") },
    tenants: all,
  };
}
