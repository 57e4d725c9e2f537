import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Client } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import type { ApplyOptions } from "../apply.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import { checkConcurrency, runTenants, withClient } from "../fleet/run-tenants.ts";
import type { RunOptions } from "../fleet/run-tenants.ts";
import { selectTenants } from "../fleet/select-tenants.ts";
import { describeError } from "../fleet/tenant-result.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import { countRows } from "../safety/row-guard.ts";
import type { RowCounts } from "../safety/row-guard.ts";
import type { SourceOptions } from "../source/source.ts";
import { migrationsUpTo } from "../up-to.ts";
import { withCopy } from "./with-copy.ts";

/** Options of {@link rehearse}. */
export interface RehearseOptions
  extends FleetSource, RunOptions, SourceOptions, Omit<ApplyOptions, "tenant" | "signal" | "onEvent"> {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** How many tenants, or which part of them (`"5%"`), spread over those that are selected; the same ones each time. Default 10. */
  readonly sample?: number | `${number}%`;
  /** Another text gives another sample. Default `""`. */
  readonly seed?: string;
  readonly onProgress?: (progress: { readonly total: number; readonly done: number; readonly failed: number }) => void;
}

/** How many rows a table has before and after; `undefined` where it is not there. */
export interface TableChange {
  readonly table: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** What the plan did to the copy of one tenant. */
export interface RehearsedTenant {
  readonly name: string;
  /** Path or URL of the original, without credentials. */
  readonly target: string;
  /** `"failed"`: as the tenant itself would. */
  readonly state: "migrated" | "up-to-date" | "failed" | "not-started";
  readonly applied: readonly string[];
  /** Milliseconds that the migration took. */
  readonly durationMs: number;
  /** Tables whose number of rows has changed, and those that came or went. */
  readonly tables: readonly TableChange[];
  readonly error?: TenantError;
}

/** What a rehearsal has shown. */
export interface Rehearsal {
  readonly source: string;
  readonly interrupted: boolean;
  /** Tenants of the fleet that the sample was taken from. */
  readonly fleet: number;
  readonly counts: {
    readonly total: number;
    readonly migrated: number;
    readonly upToDate: number;
    readonly failed: number;
    readonly notStarted: number;
  };
  /** Milliseconds that the migration of a tenant took; `undefined` if there was nothing to do. */
  readonly durations: { readonly median: number; readonly longest: number } | undefined;
  readonly tenants: readonly RehearsedTenant[];
}

const defaultSample = 10;

/**
 * Runs what is pending on copies of some of the tenants, and tells how long it takes and what becomes of the rows. A file is copied into a
 * temporary folder, a namespace of a libSQL server is forked (which needs `adminUrl`), a database on Turso Cloud is branched (which needs `cloud`, as
 * `{ turso }` gives it, and `TURSO_API_TOKEN`); the copies are removed. The originals are not changed.
 *
 * @throws {MigrateError} `NO_TARGETS`, `TARGET_INVALID`, `DIR_INVALID`, `MIGRATION_UNKNOWN`.
 * @throws {RangeError} for a sample that cannot be.
 * @example
 * const { counts, tenants } = await rehearse({ dir: "drizzle", targets: "data/*.db", sample: 20 });
 */
export async function rehearse(options: RehearseOptions): Promise<Rehearsal> {
  checkConcurrency(options.concurrency);
  const { sample = defaultSample, seed } = options;
  const set = await loadMigrations(options.dir, options);
  migrationsUpTo(set, options.to);
  const fleet = await resolveTenants(options);
  const tenants = selectTenants(fleet, { sample, seed });
  const folder = await mkdtemp(path.join(tmpdir(), "litefleet-rehearsal-"));
  const progress = { total: tenants.length, done: 0, failed: 0 };
  options.onProgress?.({ ...progress });
  try {
    const results = await runTenants(
      tenants,
      options,
      (tenant) => rehearseTenant(tenant, { set, options, folder }),
      ({ state }) => {
        progress.done += 1;
        if (state === "failed") progress.failed += 1;
        options.onProgress?.({ ...progress });
      },
    );
    return describe(
      set,
      fleet.length,
      tenants.map(({ name, target }, i) => {
        return results[i] ?? { name, target, state: "not-started", applied: [], durationMs: 0, tables: [] };
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stage {
  readonly set: MigrationSet;
  readonly options: RehearseOptions;
  readonly folder: string;
}

async function rehearseTenant(tenant: ResolvedTenant, { set, options, folder }: Stage): Promise<RehearsedTenant> {
  const { name, target } = tenant;
  const { to, tx, order, allowDestructive, allowRowLoss, lockTimeoutMs } = options;
  const apply = { tenant: name, to, tx, order, allowDestructive, allowRowLoss, lockTimeoutMs };
  let startedAt = performance.now();
  const elapsed = (): number => Math.round(performance.now() - startedAt);
  try {
    return await withCopy(tenant, folder, (copy) =>
      withClient(copy, async (client: Client) => {
        const before = await countRows(client, set.ledger.table);
        startedAt = performance.now();
        const { state, applied } = await applyPending(client, set, apply);
        const durationMs = elapsed();
        const after = await countRows(client, set.ledger.table);
        return { name, target, state, applied, durationMs, tables: compare(before, after) };
      }),
    );
  } catch (error) {
    const tables: TableChange[] = [];
    return {
      name,
      target,
      state: "failed",
      applied: [],
      durationMs: elapsed(),
      tables,
      error: describeError(error, tenant),
    };
  }
}

function compare(before: RowCounts, after: RowCounts): TableChange[] {
  const changes: TableChange[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key);
    const now = after.get(key);
    if (old?.rows !== now?.rows)
      changes.push({ table: (now ?? old)?.table ?? key, before: old?.rows, after: now?.rows });
  }
  return changes;
}

function describe({ source }: MigrationSet, fleet: number, tenants: readonly RehearsedTenant[]): Rehearsal {
  const count = (state: RehearsedTenant["state"]): number => tenants.filter((tenant) => tenant.state === state).length;
  const times = tenants.filter(({ state }) => state === "migrated").map(({ durationMs }) => durationMs);
  const sorted = times.toSorted((a, b) => a - b);
  const longest = sorted.at(-1);
  return {
    source,
    interrupted: count("not-started") > 0,
    fleet,
    counts: {
      total: tenants.length,
      migrated: count("migrated"),
      upToDate: count("up-to-date"),
      failed: count("failed"),
      notStarted: count("not-started"),
    },
    durations:
      longest === undefined ? undefined : { median: sorted[Math.floor((sorted.length - 1) / 2)] ?? longest, longest },
    tenants,
  };
}
