import type { FinishedRun } from "../run/fleet-run.ts";
import { resumeRun } from "../run/resume-run.ts";
import type { RolloutOptions } from "../run/rollout-options.ts";
import { describeRun, progressOf } from "./migrate-fleet.ts";
import type { FleetMigration, MigrateFleetOptions } from "./migrate-fleet.ts";
import type { FleetSource } from "./resolve-tenants.ts";
import { checkConcurrency } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";

/** Options of {@link resumeFleet}. What is left out is as it was when the run began; hooks are given anew. */
export interface ResumeFleetOptions
  extends
    Omit<FleetSource, "select">,
    Omit<RolloutOptions, "waves" | "canary">,
    RunOptions,
    Pick<MigrateFleetOptions, "onProgress" | "onEvent"> {
  /** Id of the run, or its beginning. Default `"latest"`. */
  readonly run?: string;
  /** Where the folder of migrations lies now, as on another machine. Default: where it lay when the run began. */
  readonly dir?: string | URL;
  /** Whether what drops tables or columns or deletes rows may run. Default: as the run was told. */
  readonly allowDestructive?: boolean;
  /**
   * Which of its tenants: `"open"`, those that have not been run to their end, or `"failed"`, those that have failed. Default
   * `"open"`.
   */
  readonly which?: "open" | "failed";
}

/**
 * Goes on with a run that was interrupted, halted or killed, wave by wave as it was planned; or runs once more what has failed. What
 * a tenant has already is left alone: its own ledger is what counts. Answers the whole run.
 *
 * Tenants are opened as the run ledger says, which keeps no secrets: give `authToken`, or `tenants` again.
 *
 * @throws {MigrateError} `RUN_UNKNOWN`, `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`, `ROLLOUT_INVALID`, `TARGET_INVALID`, `DIR_INVALID`,
 *   `MIGRATION_UNKNOWN`.
 * @example
 * const { counts } = await resumeFleet({ ledger: "runs.db" });
 */
export async function resumeFleet(options: ResumeFleetOptions): Promise<FleetMigration> {
  const startedAt = performance.now();
  return describeRun(await resumeFleetRun(options), startedAt);
}

/** {@link resumeFleet}, with the run as the ledger has it. */
export async function resumeFleetRun(options: ResumeFleetOptions): Promise<FinishedRun> {
  checkConcurrency(options.concurrency);
  const {
    run: id = "latest",
    dir,
    allowDestructive,
    which = "open",
    cwd,
    authToken,
    signal,
    onEvent,
    onProgress,
  } = options;
  const { pauseMs, maxFailures, onError, timeoutMs, retries, concurrency, ledger } = options;
  const { beforeRun, beforeWave, afterTenant, healthCheck } = options;
  return resumeRun({
    id,
    dir,
    allowDestructive,
    states: which === "failed" ? ["failed"] : ["waiting", "running"],
    source: options,
    rollout: {
      pauseMs,
      maxFailures,
      onError,
      timeoutMs,
      retries,
      concurrency,
      ledger,
      beforeRun,
      beforeWave,
      afterTenant,
      healthCheck,
    },
    cwd,
    authToken,
    signal,
    onEvent,
    ...progressOf(onProgress),
  });
}
