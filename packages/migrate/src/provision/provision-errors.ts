import { MigrateError } from "../errors.ts";

/** A tenant of that name is there; it was left as it is. */
export function tenantExists(tenant: string, cause?: unknown): MigrateError {
  return new MigrateError(
    `Tenant ${tenant} exists already, or files that belong to it are left. Nothing was changed. To migrate it, use up.`,
    "TENANT_EXISTS",
    { tenant, cause },
  );
}

/** The tenant could not be made, and nothing of it is there. */
export function provisionFailed(tenant: string, reason: string, cause: unknown): MigrateError {
  return new MigrateError(`Tenant ${tenant} could not be made: ${reason}. Nothing of it is left.`, "TENANT_FAILED", {
    tenant,
    cause,
  });
}
