import { applyPending } from "../apply.ts";
import type { ApplyOptions, MigrateResult } from "../apply.ts";
import { undo } from "../down.ts";
import type { DownHooks, DownRunOptions } from "../down.ts";
import { MigrateError } from "../errors.ts";
import { tenantExists, withClient } from "../fleet/run-tenants.ts";
import { describeError } from "../fleet/tenant-result.ts";
import type { TenantError } from "../fleet/tenant-result.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { MigrationSet } from "../migration.ts";
import { liftFence } from "../sqld/lift-fence.ts";
import { SqldAdmin } from "../sqld/sqld-admin.ts";
import { withFence } from "../sqld/with-fence.ts";
import { statusOf } from "../status.ts";
import { mayPass } from "./may-pass.ts";
import { beforeFirstOf } from "./tenant-guard.ts";
import type { TenantGuard } from "./tenant-guard.ts";
import { withDeadline } from "./with-deadline.ts";

type PerTenant = "tenant" | "signal" | "onEvent";

/** What is done to every tenant of a run. Plain data, so that a thread can be told. */
export type TenantTask = (
  | ({ readonly command: "up" } & Omit<ApplyOptions, PerTenant>)
  | ({ readonly command: "down" } & Omit<DownRunOptions, PerTenant> & Pick<DownHooks, "only">)
) & { readonly guard?: TenantGuard };

/** What one attempt made of a tenant. Plain data. */
export interface Attempt {
  readonly state: "migrated" | "up-to-date" | "failed";
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  readonly version: string | undefined;
  readonly error: TenantError | undefined;
  /** The error may be gone the next time. */
  readonly mayPass: boolean;
}

/** Does the task on one tenant, on a client of its own. Does not throw. */
export async function attemptTask(
  tenant: ResolvedTenant,
  set: MigrationSet,
  task: TenantTask,
  timeoutMs: number | undefined,
): Promise<Attempt> {
  let isFenced = false;
  try {
    if (task.command === "down" && !(await tenantExists(tenant))) {
      throw new MigrateError(`Tenant ${tenant.name} does not exist. Make it with up.`, "TARGET_INVALID");
    }
    const run = (place: ResolvedTenant): Promise<Attempt> =>
      withDeadline(tenant.name, timeoutMs, (signal) =>
        withClient(
          place,
          async (client) => {
            const beforeFirst = beforeFirstOf(tenant, client, task.guard, task.lockTimeoutMs);
            const options = { ...task, tenant: tenant.name, signal, beforeFirst };
            const done =
              options.command === "up"
                ? upOutcome(set, await applyPending(client, set, options))
                : downOutcome(set, await undo(client, set, options));
            return { ...done, error: undefined, mayPass: false };
          },
          signal,
        ),
      );
    await liftLeftFence(tenant);
    isFenced = tenant.path === undefined && task.guard?.fence === true && !(await isUpToDate(tenant, set, task));
    return await (isFenced ? withFence(tenant, run, ({ state }) => state === "migrated") : run(tenant));
  } catch (error) {
    return failedAttempt(error, tenant, task, isFenced);
  }
}

/** What an attempt came to that ended with this error. */
export function failedAttempt(error: unknown, tenant: ResolvedTenant, task: TenantTask, isFenced = false): Attempt {
  const { pending } = error instanceof MigrateError ? error : { pending: [] };
  // What was applied to the copy behind a fence goes with it.
  const applied = error instanceof MigrateError && !isFenced ? error.applied : [];
  return {
    state: "failed",
    applied,
    pending,
    version: task.command === "up" ? applied.at(-1) : undefined,
    error: describeError(error, tenant),
    mayPass: mayPass(error, task.tx ?? "all"),
  };
}

/** Takes down what a run has left that was killed. Where the admin API cannot be reached, the tenant itself says what is wrong, if anything is. */
async function liftLeftFence({ adminUrl, namespace }: ResolvedTenant): Promise<void> {
  if (adminUrl === undefined || namespace === undefined) return;
  try {
    await liftFence(new SqldAdmin(adminUrl), namespace, false);
  } catch (error) {
    if (error instanceof MigrateError && error.code === "TENANT_BUSY") throw error;
  }
}

/** Nothing to do needs no fence. */
async function isUpToDate(tenant: ResolvedTenant, set: MigrationSet, task: TenantTask): Promise<boolean> {
  if (task.command === "down") return false;
  const { state } = await withClient(tenant, (client) => statusOf(client, set, tenant.name));
  return state === "up-to-date";
}

type Outcome = Pick<Attempt, "state" | "applied" | "pending" | "version">;

/** What a migration that went well made of a tenant. */
export function upOutcome(set: MigrationSet, { state, applied, pending }: MigrateResult): Outcome {
  const lacking = new Set(pending);
  const version = set.migrations.findLast(({ name }) => !lacking.has(name))?.name;
  return { state, applied, pending, version };
}

function downOutcome(set: MigrationSet, { state, reverted, pending }: Awaited<ReturnType<typeof undo>>): Outcome {
  const first = set.migrations.findIndex(({ name }) => name === reverted.at(-1));
  return {
    state: state === "reverted" ? "migrated" : "up-to-date",
    applied: reverted,
    pending,
    version: first < 0 ? undefined : set.migrations[first - 1]?.name,
  };
}
