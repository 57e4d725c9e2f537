import type { DownResult, DownRunOptions } from "../down.ts";
import { downGoal } from "../goal.ts";
import type { Goal } from "../goal.ts";
import { loadMigrations } from "../load-migrations.ts";
import { startRun } from "../run/fleet-run.ts";
import type { FinishedRun } from "../run/fleet-run.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import type { RunState, RunTenant, RunWave } from "../run/run-record.ts";
import { askBeforeLoss } from "./ask-before-loss.ts";
import type { LossQuestion } from "./ask-before-loss.ts";
import type { EachTenantOptions, FleetOutcome, TenantOutcome } from "./each-tenant.ts";
import type { MigrateFleetOptions } from "./migrate-fleet.ts";
import { progressOf } from "./migrate-fleet.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import { checkConcurrency } from "./run-tenants.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** Options of {@link downFleet}. */
export interface DownFleetOptions
  extends
    Omit<EachTenantOptions, "onProgress">,
    RolloutOptions,
    Omit<DownRunOptions, "tenant" | "signal" | "onEvent">,
    Pick<MigrateFleetOptions, "onProgress" | "onEvent"> {}

/** What a run back did. */
export interface FleetDown extends FleetOutcome<DownResult> {
  /** The run's id in its ledger. */
  readonly run: string;
  readonly state: RunState;
  /** Why the run was halted, in a sentence. */
  readonly reason?: string;
  readonly waves: readonly RunWave[];
}

/**
 * Undoes migrations of every tenant of a fleet, each as `down` does it: one step, `steps`, or all that are newer than `to`. In a run
 * like that of `migrateFleet`: in waves, with canaries, hooks and a failure budget, if wanted, and written down with `ledger`. Within
 * a wave one that fails does not stop the others: look at `counts.failed`. Each tenant has one client, opened and closed here.
 *
 * @throws {MigrateError} Before anything is changed: `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `MIGRATION_UNKNOWN`,
 *   `NO_TARGETS`, `TARGET_INVALID`, `ROLLOUT_INVALID`, `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`.
 * @throws {RangeError} if `concurrency` or `steps` is not a whole number from 1 on, or both `steps` and `to` are given.
 * @example
 * const { counts, tenants } = await downFleet({ dir: "migrations", targets: "data/*.db", to: "0003_add_plans" });
 */
export async function downFleet(options: DownFleetOptions): Promise<FleetDown> {
  const startedAt = performance.now();
  return describeDown(await runDownFleet(options), startedAt);
}

/**
 * {@link downFleet}, with the run as the ledger has it.
 *
 * @param question is asked before the run begins, if `allowDestructive` is false and what is to run takes data away.
 * @throws {MigrateError} also `DESTRUCTIVE` if its answer is no; nothing was begun then.
 */
export async function runDownFleet(options: DownFleetOptions, question?: LossQuestion): Promise<FinishedRun> {
  checkConcurrency(options.concurrency);
  const { dir, source, ledgerTable, cwd, authToken, signal, onEvent, onProgress, concurrency } = options;
  const set = await loadMigrations(dir, options);
  const { to, steps, tx, allowRowLoss, lockTimeoutMs } = options;
  // What cannot be is refused before any tenant is looked at.
  downGoal(set, { to, steps }, undefined);
  const tenants = await resolveTenants(options);
  const goalOf = ({ name }: ResolvedTenant): Goal => downGoal(set, { to, steps }, name);
  const allowDestructive =
    question !== undefined && options.allowDestructive === false
      ? await askBeforeLoss(question, { tenants, set, goalOf, concurrency, signal })
      : options.allowDestructive;
  return startRun(
    {
      dir,
      sourceOptions: { source, ledgerTable },
      set,
      task: { command: "down", to, steps, tx, allowDestructive, allowRowLoss, lockTimeoutMs },
      rollout: options,
      cwd,
      authToken,
      signal,
      onEvent,
      ...progressOf(onProgress),
    },
    tenants,
  );
}

/** A run back as `downFleet` answers it. */
export function describeDown({ run, tenants, reason }: FinishedRun, startedAt: number): FleetDown {
  const { total, failed, waiting, running } = run.counts;
  return {
    run: run.id,
    state: run.state,
    ...(reason !== undefined && { reason }),
    waves: run.waves,
    source: run.source,
    interrupted: run.state === "interrupted",
    durationMs: Math.round(performance.now() - startedAt),
    counts: { total, done: total - failed - waiting - running, failed, notStarted: waiting + running },
    tenants: tenants.map(describeTenant),
  };
}

function describeTenant({
  name,
  target,
  state,
  applied,
  pending,
  durationMs = 0,
  error,
}: RunTenant): TenantOutcome<DownResult> {
  if (state === "waiting" || state === "running") return { name, target, state: "not-started", durationMs };
  if (state === "failed") return { name, target, state, durationMs, ...(error && { error }) };
  const word = state === "migrated" ? "reverted" : "unchanged";
  return { name, target, state: "done", durationMs, result: { state: word, reverted: applied, pending, durationMs } };
}
