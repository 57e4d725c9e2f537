import type { ApplyOptions } from "../apply.ts";
import { upGoal } from "../goal.ts";
import type { Goal } from "../goal.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { Migration } from "../migration.ts";
import { startRun } from "../run/fleet-run.ts";
import type { FinishedRun, RunPlan } from "../run/fleet-run.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import type { RunListener } from "../run/run-event.ts";
import type { RunState, RunTenant, RunWave } from "../run/run-record.ts";
import { findDestructive } from "../safety/destructive.ts";
import type { SourceChoice } from "../source/source.ts";
import { migrationsUpTo } from "../up-to.ts";
import { askBeforeLoss } from "./ask-before-loss.ts";
import type { LossQuestion } from "./ask-before-loss.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import { checkConcurrency } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import type { TenantError, TenantRun } from "./tenant-result.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** What was done to one tenant. */
export interface TenantMigration extends TenantRun {
  /** `"failed"`: unchanged, save for what `applied` names. `"not-started"`: the run was interrupted or halted before. */
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
  extends FleetSource, RolloutOptions, RunOptions, Omit<ApplyOptions, "tenant" | "signal" | "onEvent"> {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** The ledger's table. Default: the tool's own, such as `__drizzle_migrations`. */
  readonly ledgerTable?: string;
  /** The format of the folder. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
  /** Called before the first tenant and after each. */
  readonly onProgress?: (progress: FleetProgress) => void;
  /** Hears what happens in the run, after it has been written to its ledger. */
  readonly onEvent?: RunListener;
}

/** What a run did. */
export interface FleetMigration {
  /** The run's id in its ledger. */
  readonly run: string;
  /** `"running"` and `"abandoned"` do not occur. */
  readonly state: RunState;
  /** Why the run was halted, in a sentence. */
  readonly reason?: string;
  readonly waves: readonly RunWave[];
  /** The format of the folder. */
  readonly source: string;
  /** The folder's migrations, in order. */
  readonly migrations: readonly string[];
  /** It was stopped by its signal before all tenants were started. */
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
 * Brings every tenant of a fleet to the newest migration of a folder (or to the one that `to` names), each as `migrate` does it:
 * in waves, with canaries, hooks and a failure budget, if wanted. Within a wave one that fails does not stop the others: look at
 * `counts.failed`. Each tenant has one client, opened and closed here.
 *
 * With `ledger` the run is written down, and can be resumed after whatever ended it: {@link resumeFleet}.
 *
 * @throws {MigrateError} Before anything is changed: `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `MIGRATION_UNKNOWN`,
 *   `NO_TARGETS`, `TARGET_INVALID`, `ROLLOUT_INVALID`, `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`.
 * @throws {RangeError} if `concurrency` is not a whole number from 1 on.
 * @example
 * const { counts, tenants } = await migrateFleet({ dir: "drizzle", targets: "data/*.db" });
 * @example
 * await migrateFleet({ dir: "drizzle", tenants, waves: "1,5%,100%", canary: ["acme"], ledger: "runs.db" });
 */
export async function migrateFleet(options: MigrateFleetOptions): Promise<FleetMigration> {
  const startedAt = performance.now();
  return describeRun(await runFleet(options), startedAt);
}

/**
 * {@link migrateFleet}, with the run as the ledger has it.
 *
 * @param question is asked before the run begins, if `allowDestructive` is false and what is to run takes data away.
 * @throws {MigrateError} also `DESTRUCTIVE` if its answer is no; nothing was begun then.
 */
export async function runFleet(options: MigrateFleetOptions, question?: LossQuestion): Promise<FinishedRun> {
  checkConcurrency(options.concurrency);
  const { dir, source, ledgerTable, cwd, authToken, signal, onEvent, concurrency } = options;
  const set = await loadMigrations(dir, options);
  const wanted = migrationsUpTo(set, options.to);
  const tenants = await resolveTenants(options);
  const { to, tx, order, allowRowLoss, lockTimeoutMs } = options;
  const asks = question !== undefined && options.allowDestructive === false && mayTakeAway(wanted);
  const goalOf = ({ name }: ResolvedTenant): Goal => upGoal(set, { to, order, tenant: name });
  const allowDestructive = asks
    ? await askBeforeLoss(question, { tenants, set, goalOf, concurrency, signal })
    : options.allowDestructive;
  const task = { command: "up", to, tx, order, allowDestructive, allowRowLoss, lockTimeoutMs } as const;
  return startRun(
    {
      dir,
      sourceOptions: { source, ledgerTable },
      set,
      task,
      rollout: options,
      cwd,
      authToken,
      signal,
      onEvent,
      ...progressOf(options.onProgress),
    },
    tenants,
  );
}

/** Whether any of these takes data away by itself; if none does, no tenant has to be looked at for it. */
function mayTakeAway(migrations: ReadonlySet<Migration>): boolean {
  return [...migrations].some((migration) => findDestructive([{ migration, direction: "up", done: 0 }]).length > 0);
}

/** Listeners of a run that tell how far it is. */
export function progressOf(onProgress: MigrateFleetOptions["onProgress"]): Pick<RunPlan, "onStart" | "onEnd"> {
  if (onProgress === undefined) return {};
  const progress = { total: 0, done: 0, failed: 0 };
  return {
    onStart: (total) => {
      progress.total = total;
      onProgress({ ...progress, running: 0, tenant: undefined });
    },
    onEnd: (tenant, running) => {
      progress.done += 1;
      if (tenant.state === "failed") progress.failed += 1;
      onProgress({ ...progress, running, tenant: describeTenant(tenant) });
    },
  };
}

/** A run as `migrateFleet` answers it. */
export function describeRun({ run, tenants, reason }: FinishedRun, startedAt: number): FleetMigration {
  const { migrated, failed, waiting, running, total } = run.counts;
  return {
    run: run.id,
    state: run.state,
    ...(reason !== undefined && { reason }),
    waves: run.waves,
    source: run.source,
    migrations: run.migrations,
    interrupted: run.state === "interrupted",
    durationMs: Math.round(performance.now() - startedAt),
    counts: { total, migrated, upToDate: run.counts["up-to-date"], failed, notStarted: waiting + running },
    tenants: tenants.map(describeTenant),
  };
}

function describeTenant({ name, target, state, applied, pending, durationMs, error }: RunTenant): TenantMigration {
  const known = state === "waiting" || state === "running" ? "not-started" : state;
  return { name, target, state: known, applied, pending, durationMs: durationMs ?? 0, ...(error && { error }) };
}
