import type { DownResult, DownRunOptions } from "../down.ts";
import { loadMigrations } from "../load-migrations.ts";
import { startRun } from "../run/fleet-run.ts";
import type { FinishedRun } from "../run/fleet-run.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import type { RunState, RunTenant, RunWave } from "../run/run-record.ts";
import type { EachTenantOptions, FleetOutcome, TenantOutcome } from "./each-tenant.ts";
import type { MigrateFleetOptions } from "./migrate-fleet.ts";
import { progressOf } from "./migrate-fleet.ts";
import { resolveTenants } from "./resolve-tenants.ts";
import { checkConcurrency } from "./run-tenants.ts";

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

/** Undoes migrations of every tenant of a fleet, as `down` does it, in a run like that of `migrateFleet`. */
export async function downFleet(options: DownFleetOptions): Promise<FinishedRun> {
  checkConcurrency(options.concurrency);
  const { dir, source, ledgerTable, cwd, authToken, signal, onEvent, onProgress } = options;
  const set = await loadMigrations(dir, options);
  const { to, steps, tx, allowDestructive, allowRowLoss, lockTimeoutMs } = options;
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
    await resolveTenants(options),
  );
}

/** A run back as the command line tells it. */
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
