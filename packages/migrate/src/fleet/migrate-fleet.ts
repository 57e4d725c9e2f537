import { applyPending } from "../apply.ts";
import type { ApplyOptions } from "../apply.ts";
import { MigrateError } from "../errors.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import { migrationsUpTo } from "../up-to.ts";
import type { SourceChoice } from "../source/source.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import { checkConcurrency, runTenants, withClient } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import { describeError } from "./tenant-result.ts";
import type { TenantError, TenantRun } from "./tenant-result.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** What was done to one tenant. */
export interface TenantMigration extends TenantRun {
  /** `"failed"`: unchanged, save for what `applied` names. `"not-started"`: the run was interrupted before. */
  readonly state: "migrated" | "up-to-date" | "failed" | "not-started";
  /** Names of the migrations that this run applied, in order. */
  readonly applied: readonly string[];
  /** What it still lacks of what was wanted (see `to`), in order, as far as that is known. */
  readonly pending: readonly string[];
  /** Only for `"failed"`. */
  readonly error?: TenantError;
}

/** How far a run is, told at its start and after each tenant. */
export interface FleetProgress {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  /** Tenants under way. */
  readonly running: number;
  /** The tenant that has just ended; `undefined` at the start. */
  readonly tenant: TenantMigration | undefined;
}

/** Options of {@link migrateFleet}. */
export interface MigrateFleetOptions
  extends FleetSource, RunOptions, Omit<ApplyOptions, "tenant" | "signal" | "onEvent"> {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** The ledger's table. Default: the tool's own, such as `__drizzle_migrations`. */
  readonly ledgerTable?: string;
  /** The format of the folder. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
  /** Called before the first tenant and after each. */
  readonly onProgress?: (progress: FleetProgress) => void;
}

/** What a run did. */
export interface FleetMigration {
  /** The format of the folder. */
  readonly source: string;
  /** The folder's migrations, in order. */
  readonly migrations: readonly string[];
  /** The signal fired before all tenants were started. */
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly counts: {
    readonly total: number;
    readonly migrated: number;
    readonly upToDate: number;
    readonly failed: number;
    readonly notStarted: number;
  };
  /** In the order in which the tenants were given. */
  readonly tenants: readonly TenantMigration[];
}

/**
 * Brings every tenant of a fleet to the newest migration of a folder (or to the one that `to` names), each as `migrate` does it. One that fails does not stop
 * the others: look at `counts.failed`. Each tenant has one client, opened and closed here.
 *
 * @throws {MigrateError} Before anything is changed: `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `MIGRATION_UNKNOWN`,
 *   `NO_TARGETS`, `TARGET_INVALID`.
 * @throws {RangeError} if `concurrency` is not a whole number from 1 on.
 * @example
 * const { counts, tenants } = await migrateFleet({ dir: "drizzle", targets: "data/*.db" });
 */
export async function migrateFleet(options: MigrateFleetOptions): Promise<FleetMigration> {
  const startedAt = performance.now();
  checkConcurrency(options.concurrency);
  const set = await loadMigrations(options.dir, options);
  migrationsUpTo(set, options.to);
  const tenants = await resolveTenants(options);
  const tally = { migrated: 0, upToDate: 0, failed: 0 };
  options.onProgress?.({ total: tenants.length, done: 0, failed: 0, running: 0, tenant: undefined });
  const results = await runTenants(
    tenants,
    options,
    (tenant) => migrateTenant(tenant, set, options),
    (tenant, running) => {
      tally[tallyKey[tenant.state]] += 1;
      const done = tally.migrated + tally.upToDate + tally.failed;
      options.onProgress?.({ total: tenants.length, done, failed: tally.failed, running, tenant });
    },
  );
  const all = tenants.map(({ name, target }, i): TenantMigration => {
    return results[i] ?? { name, target, state: "not-started", applied: [], pending: [], durationMs: 0 };
  });
  const notStarted = results.filter((result) => result === undefined).length;
  return {
    source: set.source,
    migrations: set.migrations.map((migration) => migration.name),
    interrupted: notStarted > 0,
    durationMs: Math.round(performance.now() - startedAt),
    counts: { total: tenants.length, ...tally, notStarted },
    tenants: all,
  };
}

type EndedTenant = TenantMigration & { readonly state: Exclude<TenantMigration["state"], "not-started"> };

const tallyKey = { migrated: "migrated", "up-to-date": "upToDate", failed: "failed" } as const;

async function migrateTenant(
  tenant: ResolvedTenant,
  set: MigrationSet,
  options: MigrateFleetOptions,
): Promise<EndedTenant> {
  const { name, target } = tenant;
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  const { to, tx, order, allowDestructive, allowRowLoss, lockTimeoutMs } = options;
  try {
    const apply = { tenant: name, to, tx, order, allowDestructive, allowRowLoss, lockTimeoutMs };
    const { state, applied } = await withClient(tenant, (client) => applyPending(client, set, apply));
    return { name, target, state, applied, pending: [], durationMs: elapsed() };
  } catch (error) {
    const { applied, pending } = error instanceof MigrateError ? error : { applied: [], pending: [] };
    return {
      name,
      target,
      state: "failed",
      applied,
      pending,
      durationMs: elapsed(),
      error: describeError(error, tenant),
    };
  }
}
