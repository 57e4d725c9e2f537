import { MigrateError } from "../errors.ts";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { FleetSource } from "../fleet/resolve-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import { checkRollout } from "./check-rollout.ts";
import { conductRun } from "./fleet-run.ts";
import type { FinishedRun, RunPlan } from "./fleet-run.ts";
import { holdRun, thisHolder } from "./holder.ts";
import { identityOf, restoreTenant } from "./kept-tenant.ts";
import { createRunReader, requireRun } from "./ledger-reader.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { defaultLedger, openLedger } from "./open-ledger.ts";
import { readKeptTenants, readSettings } from "./read-kept.ts";
import type { KeptTenantRow } from "./read-kept.ts";
import type { RunRecord, RunTenant, RunTenantState } from "./run-record.ts";
import type { TenantTask } from "./tenant-task.ts";

/** What is gone on with, and how. */
export interface ResumePlan extends Omit<RunPlan, "dir" | "sourceOptions" | "set" | "task"> {
  /** Id of the run, or its beginning; `"latest"`. */
  readonly id: string;
  /** Where the folder of migrations lies now. Default: where it lay. */
  readonly dir: string | URL | undefined;
  /** Default: as the run was told. */
  readonly allowDestructive: boolean | undefined;
  /** Tenants in these states are run. */
  readonly states: readonly RunTenantState[];
  /** The tenants, as they were given to the run. Without any they are opened as the ledger says. */
  readonly source: FleetSource;
}

/**
 * Goes on with a run that is over, or whose holder has died.
 *
 * @throws {MigrateError} `RUN_UNKNOWN`, `RUN_IN_PROGRESS`, `RUN_LEDGER_FAILED`, `ROLLOUT_INVALID`, `TARGET_INVALID`, and what reading the
 *   folder of migrations throws.
 */
export async function resumeRun(plan: ResumePlan): Promise<FinishedRun> {
  checkRollout(plan.rollout);
  const { ledger = defaultLedger } = plan.rollout;
  if (ledger === false) {
    throw new MigrateError("Without a run ledger there is no run to go on with.", "ROLLOUT_INVALID");
  }
  const client = await openLedger(ledger, plan.cwd, true);
  try {
    const reader = createRunReader(client);
    const found = await requireRun(reader, plan.id);
    if (found.state === "running") throw inProgress(found);
    const settings = await readSettings(client, found.id);
    const rows = await readKeptTenants(client, found.id);
    const items = new Set(rows.flatMap(({ tenant }, place) => (plan.states.includes(tenant.state) ? [place] : [])));
    if (items.size === 0 && !lacksItsEnd(found, rows)) {
      return { run: found, tenants: rows.map(({ tenant }) => tenant), reason: undefined };
    }
    const dir = plan.dir ?? found.dir;
    const set = await loadMigrations(dir, settings.sourceOptions);
    const goal = sameGoal(settings.task, found, set);
    const task = { ...goal, allowDestructive: plan.allowDestructive ?? goal.allowDestructive };
    const opened = await openTenants(plan, rows, items);
    const release = holdRun(found.id);
    try {
      const run = asRunning(found);
      const tenants = rows.map(({ tenant }, place) => (items.has(place) ? asWaiting(tenant) : tenant));
      const writer = new LedgerWriter(client);
      await writer.takeOver(run, new Set([...opened.values()].map((tenant) => identityOf(tenant))), thisHolder());
      return await conductRun(
        {
          ...plan,
          dir,
          sourceOptions: settings.sourceOptions,
          set,
          task,
          rollout: { ...settings.rollout, ...given(plan.rollout) },
        },
        { run, rows: tenants, tenants: rows.map((_, place) => opened.get(place)), items, writer },
      );
    } finally {
      release();
    }
  } finally {
    client.close();
  }
}

/** Every tenant had ended when the run was stopped, and only that was not written down any more. */
function lacksItsEnd({ state }: RunRecord, rows: readonly KeptTenantRow[]): boolean {
  if (state !== "abandoned" && state !== "interrupted") return false;
  return rows.every(({ tenant }) => tenant.state !== "waiting" && tenant.state !== "running");
}

/** The run's own goal, also where the folder has got newer migrations since. */
function sameGoal(task: TenantTask, run: RunRecord, set: MigrationSet): TenantTask {
  const names = set.migrations.map(({ name }) => name);
  const lost = run.migrations.find((name) => !names.includes(name));
  if (lost !== undefined) {
    throw new MigrateError(
      `${set.dir} has no ${lost} any more, which run ${run.id} was to apply. Start a new run.`,
      "MIGRATION_UNKNOWN",
    );
  }
  if (task.command === "down" || task.to !== undefined || names.length === run.migrations.length) return task;
  return { ...task, to: run.migrations.at(-1) };
}

async function openTenants(
  { source, authToken }: ResumePlan,
  rows: readonly KeptTenantRow[],
  items: ReadonlySet<number>,
): Promise<Map<number, ResolvedTenant>> {
  if (items.size === 0) return new Map();
  const isGiven = source.targets !== undefined || source.tenants !== undefined;
  const wanted = [...items].map((place) => ({ place, row: rows[place]! }));
  const found = await resolveTenants(
    isGiven
      ? { ...source, select: undefined }
      : { tenants: wanted.map(({ row }) => restoreTenant(row.kept)), authToken },
  );
  const byName = new Map(found.map((tenant) => [tenant.name, tenant]));
  return new Map(
    wanted.map(({ place, row: { tenant } }) => {
      const opened = byName.get(tenant.name);
      if (opened !== undefined) return [place, { ...opened, target: tenant.target }] as const;
      throw new MigrateError(
        `Tenant ${tenant.name} of the run is not among the tenants that were given. Give the same ones, or none.`,
        "TARGET_INVALID",
        { tenant: tenant.name },
      );
    }),
  );
}

function asRunning(run: RunRecord): RunRecord {
  return { ...run, state: "running", endedAt: undefined, holder: thisHolder().name, heartbeatAt: Date.now() };
}

function asWaiting(tenant: RunTenant): RunTenant {
  return { ...tenant, state: "waiting", error: undefined };
}

/** Without what was not said. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function inProgress({ id, holder, startedAt }: RunRecord): MigrateError {
  return new MigrateError(
    `Run ${id} is in progress: ${holder} holds it since ${new Date(startedAt).toISOString()}.`,
    "RUN_IN_PROGRESS",
  );
}
