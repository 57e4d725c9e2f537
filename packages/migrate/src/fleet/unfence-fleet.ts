import { liftFence } from "../sqld/lift-fence.ts";
import type { LiftedFence } from "../sqld/lift-fence.ts";
import { adminOf } from "../sqld/sqld-admin.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import { checkConcurrency, runTenants } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import { describeError } from "./tenant-result.ts";
import type { TenantError } from "./tenant-result.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** What became of one tenant's fence. */
export interface UnfencedTenant {
  readonly name: string;
  readonly target: string;
  /** `"lifted"`: as before the migration. `"finished"`: the migration had come so far that it was ended. */
  readonly state: LiftedFence | "failed" | "not-started";
  readonly error?: TenantError;
}

/**
 * Takes down the fences that a run has left which was killed; `migrateFleet` and `resumeFleet` do so too, for the tenants that they
 * come to. One that belongs to a run that is at work stays.
 *
 * @throws {MigrateError} `NO_TARGETS`, `TARGET_INVALID`.
 * @example
 * const tenants = await unfenceFleet({ tenants: { sqld: { url, adminUrl, dataDir } } });
 */
export async function unfenceFleet(options: FleetSource & RunOptions): Promise<readonly UnfencedTenant[]> {
  checkConcurrency(options.concurrency);
  const tenants = await resolveTenants(options);
  const results = await runTenants(tenants, options, unfence, () => undefined);
  return tenants.map(({ name, target }, i) => results[i] ?? { name, target, state: "not-started" });
}

async function unfence(tenant: ResolvedTenant): Promise<UnfencedTenant> {
  const { name, target, path } = tenant;
  try {
    if (path !== undefined) return { name, target, state: "none" };
    const { admin, namespace } = adminOf(tenant, "a fence");
    return { name, target, state: await liftFence(admin, namespace) };
  } catch (error) {
    return { name, target, state: "failed", error: describeError(error, tenant) };
  }
}
