import type { ResolvedTenant } from "../fleet/tenant.ts";
import { FileReleaser } from "../fleet/release-files.ts";
import type { RunPlan } from "./fleet-run.ts";
import { attemptTask } from "./tenant-task.ts";
import type { Attempt } from "./tenant-task.ts";

/** Runs a task on tenants. */
export interface TaskRunner {
  /** Does not throw. */
  readonly attempt: (tenant: ResolvedTenant, timeoutMs: number | undefined) => Promise<Attempt>;
  close(): Promise<void>;
}

/** A runner on this thread. */
export function openTaskRunner({ set, task }: RunPlan): TaskRunner {
  const files = new FileReleaser();
  return {
    attempt: async (tenant, timeoutMs) => {
      const attempt = await attemptTask(tenant, set, task, timeoutMs);
      files.tenantClosed(tenant);
      return attempt;
    },
    close: async () => undefined,
  };
}
