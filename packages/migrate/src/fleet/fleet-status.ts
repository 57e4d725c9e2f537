import { loadMigrations } from "../load-migrations.ts";
import { statusOf } from "../status.ts";
import type { MigrationStatus } from "../status.ts";
import type { SourceChoice } from "../source/source.ts";
import { eachTenant } from "./each-tenant.ts";
import type { TenantOutcome } from "./each-tenant.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import type { TenantError, TenantRun } from "./tenant-result.ts";

/** How one tenant stands to the folder. The lists are empty if it could not be read. */
export interface TenantStatus extends TenantRun, Omit<MigrationStatus, "state"> {
  /** `"failed"`: it could not be read. `"not-started"`: the run was interrupted before. */
  readonly state: MigrationStatus["state"] | "failed" | "not-started";
  /** Only for `"failed"`. */
  readonly error?: TenantError;
}

/** Options of {@link fleetStatus}. */
export interface FleetStatusOptions extends FleetSource, RunOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** The ledger's table. Default: the tool's own, such as `__drizzle_migrations`. */
  readonly ledgerTable?: string;
  /** The format of the folder. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
  /** Called before the first tenant and after each. */
  readonly onProgress?: (progress: { readonly total: number; readonly done: number; readonly failed: number }) => void;
}

/** How a fleet stands to a folder of migrations. */
export interface FleetStatus {
  /** The format of the folder. */
  readonly source: string;
  /** The folder's migrations, in order. */
  readonly migrations: readonly string[];
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly counts: {
    readonly total: number;
    readonly upToDate: number;
    readonly pending: number;
    readonly diverged: number;
    readonly failed: number;
    readonly notStarted: number;
  };
  /** In the order in which the tenants were given. */
  readonly tenants: readonly TenantStatus[];
}

/**
 * Compares every tenant of a fleet with a folder of migrations. Changes nothing and creates nothing: a path that does not
 * exist is a tenant with everything pending.
 *
 * @throws {MigrateError} `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `NO_TARGETS`, `TARGET_INVALID`.
 * @example
 * const { counts } = await fleetStatus({ dir: "drizzle", targets: "data/*.db" });
 */
export async function fleetStatus(options: FleetStatusOptions): Promise<FleetStatus> {
  const set = await loadMigrations(options.dir, options);
  const outcome = await eachTenant(options, statusOf);
  const tenants = outcome.tenants.map(describeTenant);
  const count = (state: TenantStatus["state"]): number => tenants.filter((tenant) => tenant.state === state).length;
  const { source, interrupted, durationMs } = outcome;
  return {
    source,
    migrations: set.migrations.map((migration) => migration.name),
    interrupted,
    durationMs,
    counts: {
      total: tenants.length,
      upToDate: count("up-to-date"),
      pending: count("pending"),
      diverged: count("diverged"),
      failed: count("failed"),
      notStarted: count("not-started"),
    },
    tenants,
  };
}

const nothingRead = { applied: [], pending: [], edited: [], outOfOrder: [], failed: [], missing: [] };

function describeTenant({ result, state, ...run }: TenantOutcome<MigrationStatus>): TenantStatus {
  if (result !== undefined) return { ...run, ...result };
  return { ...run, ...nothingRead, state: state === "failed" ? "failed" : "not-started" };
}
