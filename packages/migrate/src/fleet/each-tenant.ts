import type { Client } from "@litefleet/driver";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import type { SourceOptions } from "../source/source.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import { checkConcurrency, runTenants, tenantExists, withClient } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import { describeError } from "./tenant-result.ts";
import type { TenantError, TenantRun } from "./tenant-result.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** What became of one tenant; `result` only for `"done"`, `error` only for `"failed"`. */
export interface TenantOutcome<T> extends TenantRun {
  readonly state: "done" | "failed" | "not-started";
  readonly result?: T;
  readonly error?: TenantError;
}

/** What became of a fleet. */
export interface FleetOutcome<T> {
  readonly source: string;
  readonly interrupted: boolean;
  readonly durationMs: number;
  readonly counts: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly notStarted: number;
  };
  /** In the order in which the tenants were given. */
  readonly tenants: readonly TenantOutcome<T>[];
}

/** Options of {@link eachTenant}. */
export interface EachTenantOptions extends FleetSource, RunOptions, SourceOptions {
  readonly dir: string | URL;
  readonly onProgress?: (progress: { readonly total: number; readonly done: number; readonly failed: number }) => void;
}

/**
 * Does the same with every tenant. One that fails does not stop the others. `work` gets no client for a file that does not
 * exist: it is not created.
 */
export async function eachTenant<T>(
  options: EachTenantOptions,
  work: (client: Client | undefined, set: MigrationSet, tenant: string) => Promise<T>,
): Promise<FleetOutcome<T>> {
  const startedAt = performance.now();
  checkConcurrency(options.concurrency);
  const set = await loadMigrations(options.dir, options);
  const tenants = await resolveTenants(options);
  const progress = { total: tenants.length, done: 0, failed: 0 };
  options.onProgress?.({ ...progress });
  const results = await runTenants(
    tenants,
    options,
    (tenant) => doOne(tenant, set, work),
    ({ state }) => {
      progress.done += 1;
      if (state === "failed") progress.failed += 1;
      options.onProgress?.({ ...progress });
    },
  );
  const all = tenants.map(({ name, target }, i): TenantOutcome<T> => {
    return results[i] ?? { name, target, state: "not-started", durationMs: 0 };
  });
  const count = (state: TenantOutcome<T>["state"]): number => all.filter((tenant) => tenant.state === state).length;
  const counts = { total: all.length, done: count("done"), failed: count("failed"), notStarted: count("not-started") };
  const durationMs = Math.round(performance.now() - startedAt);
  return { source: set.source, interrupted: counts.notStarted > 0, durationMs, counts, tenants: all };
}

async function doOne<T>(
  tenant: ResolvedTenant,
  set: MigrationSet,
  work: (client: Client | undefined, set: MigrationSet, tenant: string) => Promise<T>,
): Promise<TenantOutcome<T>> {
  const { name, target } = tenant;
  const startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  try {
    const result = (await tenantExists(tenant))
      ? await withClient(tenant, (client) => work(client, set, name))
      : await work(undefined, set, name);
    return { name, target, state: "done", durationMs: elapsed(), result };
  } catch (error) {
    return { name, target, state: "failed", durationMs: elapsed(), error: describeError(error, tenant) };
  }
}
