import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@litefleet/driver";
import { checkConcurrency } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { MigrationSet } from "../migration.ts";
import type { SourceOptions } from "../source/source.ts";
import { checkRollout } from "./check-rollout.ts";
import { holdRun, thisHolder } from "./holder.ts";
import { identityOf, keepTenant } from "./kept-tenant.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { openLedger } from "./open-ledger.ts";
import { planWaves } from "./plan-waves.ts";
import { rollOut } from "./roll-out.ts";
import type { RolloutOptions } from "./rollout-options.ts";
import { countTenants, RunBook } from "./run-book.ts";
import type { RunListener } from "./run-event.ts";
import { createRunId } from "./run-id.ts";
import { RunJournal } from "./run-journal.ts";
import type { RunRecord, RunTenant } from "./run-record.ts";
import { RunStop } from "./run-stop.ts";
import { ServerLanes } from "./server-lanes.ts";
import { goesSteps, openStepsRunner } from "./steps-back.ts";
import { openTaskRunner } from "./task-runner.ts";
import { guardOf } from "./tenant-guard.ts";
import type { TenantTask } from "./tenant-task.ts";

/** What is to be run, and how. */
export interface RunPlan {
  /** The folder of migrations, and how it was read. */
  readonly dir: string | URL;
  readonly sourceOptions: SourceOptions;
  readonly set: MigrationSet;
  readonly task: TenantTask;
  readonly rollout: RolloutOptions;
  /** The folder that a ledger's relative path starts from. */
  readonly cwd: string | undefined;
  /** The token that tenants on servers share. */
  readonly authToken: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: RunListener | undefined;
  /** So many tenants are to be run. */
  readonly onStart?: (total: number) => void;
  /** One of them has ended; so many are under way. */
  readonly onEnd?: (tenant: RunTenant, running: number) => void;
}

/** A run that is over. */
export interface FinishedRun {
  readonly run: RunRecord;
  /** In the order in which the fleet was given. */
  readonly tenants: readonly RunTenant[];
  /** Why no further tenant was started, in a sentence; only for `"halted"`. */
  readonly reason: string | undefined;
}

/** What a run leaves in its ledger for whoever goes on with it. */
export interface KeptSettings {
  readonly task: TenantTask;
  readonly sourceOptions: SourceOptions;
  readonly rollout: Pick<
    RolloutOptions,
    "pauseMs" | "maxFailures" | "onError" | "timeoutMs" | "retries" | "concurrency"
  >;
}

/**
 * Starts a run over these tenants and sees it to its end.
 *
 * @throws {MigrateError} `ROLLOUT_INVALID`, `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`; the last one also when the ledger cannot be
 *   written any more on the way. What the listener throws is thrown when what was under way has ended.
 */
export async function startRun(given: RunPlan, tenants: readonly ResolvedTenant[]): Promise<FinishedRun> {
  const { rollout, set } = given;
  checkConcurrency(rollout.concurrency);
  checkRollout(rollout);
  const waves = planWaves(
    tenants.map(({ name }) => name),
    rollout,
  );
  const waveOf = new Map(waves.flatMap((wave, index) => wave.tenants.map((place) => [place, index] as const)));
  const rows = tenants.map(({ name, target }, place) => newTenant(name, target, waveOf.get(place) ?? 0));
  const holder = thisHolder();
  const now = Date.now();
  const id = createRunId(new Date(now));
  const plan: RunPlan = { ...given, task: { ...given.task, guard: guardOf(rollout, id, given.cwd) } };
  const run: RunRecord = {
    id,
    command: plan.task.command,
    state: "running",
    dir: absoluteDir(plan.dir),
    source: set.source,
    migrations: set.migrations.map(({ name }) => name),
    startedAt: now,
    endedAt: undefined,
    holder: holder.name,
    heartbeatAt: now,
    waves: waves.map(({ label, tenants: places }, index) => ({
      index,
      label,
      state: "waiting",
      size: places.length,
      startedAt: undefined,
      endedAt: undefined,
      reason: undefined,
    })),
    counts: { total: rows.length, ...countTenants(rows) },
  };
  const release = holdRun(run.id);
  const client = await openIfKept(plan);
  try {
    const writer = client === undefined ? undefined : new LedgerWriter(client);
    const settings = JSON.stringify(keptSettings(plan));
    const kept = tenants.map((tenant, place) => ({
      tenant: rows[place]!,
      kept: keepTenant(tenant, plan.authToken),
      identity: identityOf(tenant),
    }));
    await writer?.begin(run, settings, kept, holder);
    return await conductRun(plan, { run, rows, tenants, items: new Set(tenants.keys()), writer });
  } finally {
    client?.close();
    release();
  }
}

/** A run as it begins or goes on. */
export interface RunToConduct {
  readonly run: RunRecord;
  readonly rows: readonly RunTenant[];
  /** How each is opened; `undefined` for one that is not among `items`. */
  readonly tenants: readonly (ResolvedTenant | undefined)[];
  readonly items: ReadonlySet<number>;
  readonly writer: LedgerWriter | undefined;
}

/** Sees a run that the ledger holds already to its end. */
export async function conductRun(plan: RunPlan, begun: RunToConduct): Promise<FinishedRun> {
  const concurrency = checkConcurrency(plan.rollout.concurrency);
  const book = new RunBook(begun.run, begun.rows);
  const stop = new RunStop();
  const lanes = new ServerLanes(concurrency);
  const journal = new RunJournal({
    writer: begun.writer,
    onEvent: plan.onEvent,
    record: () => book.record,
    onError: (error) => stop.set({ kind: "broken", error }),
  });
  book.keep(journal);
  const unfollow = stop.follow(plan.signal);
  const tenants = begun.tenants.map((tenant) => tenant && lanes.watched(tenant));
  const runner = goesSteps(plan.task)
    ? openStepsRunner(plan, plan.task, { book, journal, stop })
    : openTaskRunner(
        plan,
        tenants.flatMap((tenant) => tenant ?? []),
        concurrency,
      );
  try {
    plan.onStart?.(begun.items.size);
    const { items } = begun;
    const { rollout: options, onEnd } = plan;
    const { attempt } = runner;
    const state = await rollOut({ book, journal, stop, tenants, items, options, concurrency, lanes, attempt, onEnd });
    journal.tell({ type: "run-end", run: book.end(state) });
  } finally {
    unfollow();
    await runner.close();
    await journal.close();
  }
  if (stop.cause?.kind === "broken") throw stop.cause.error;
  return {
    run: book.record,
    tenants: book.tenants,
    reason: stop.cause?.kind === "halted" ? stop.cause.reason : undefined,
  };
}

/** The ledger that the plan names, opened; `undefined` where nothing is written down. */
async function openIfKept({ rollout, cwd }: RunPlan): Promise<Client | undefined> {
  const { ledger = false } = rollout;
  return ledger === false ? undefined : openLedger(ledger, cwd);
}

function keptSettings({ task, sourceOptions, rollout }: RunPlan): KeptSettings {
  const { pauseMs, maxFailures, onError, timeoutMs, retries, concurrency } = rollout;
  return { task, sourceOptions, rollout: { pauseMs, maxFailures, onError, timeoutMs, retries, concurrency } };
}

function absoluteDir(dir: string | URL): string {
  return path.resolve(dir instanceof URL ? fileURLToPath(dir) : dir);
}

function newTenant(name: string, target: string, wave: number): RunTenant {
  return {
    name,
    target,
    wave,
    state: "waiting",
    attempts: 0,
    startedAt: undefined,
    durationMs: undefined,
    applied: [],
    pending: [],
    version: undefined,
    error: undefined,
  };
}
