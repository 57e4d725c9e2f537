import { tenantExists, withClient } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { downGoal } from "../goal.ts";
import { readHistory } from "../read-history.ts";
import type { RunPlan } from "./fleet-run.ts";
import type { RunBook } from "./run-book.ts";
import type { RunJournal } from "./run-journal.ts";
import type { RunStop } from "./run-stop.ts";
import type { TaskRunner } from "./task-runner.ts";
import { attemptTask, failedAttempt } from "./tenant-task.ts";
import type { TenantTask } from "./tenant-task.ts";
import { withDeadline } from "./with-deadline.ts";

/** A run that goes so many steps back. */
export type StepsTask = TenantTask & { readonly command: "down"; readonly to?: undefined };

/** Whether what is done to a tenant depends on what it is like when the run comes to it. */
export function goesSteps(task: TenantTask): task is StepsTask {
  return task.command === "down" && task.to === undefined;
}

/** What such a run is kept in. */
export interface StepsBook {
  readonly book: RunBook;
  readonly journal: RunJournal;
  readonly stop: RunStop;
}

/**
 * A runner that goes so many steps back on each tenant. Which migrations these are is written down before the tenant is changed, and no
 * attempt undoes others: not after an error, and not after a kill, when the run is resumed.
 */
export function openStepsRunner(
  { set }: Pick<RunPlan, "set">,
  task: StepsTask,
  { book, journal, stop }: StepsBook,
): TaskRunner {
  const places = new Map(book.tenants.map(({ name }, place) => [name, place]));
  const decide = (tenant: ResolvedTenant, timeoutMs: number | undefined): Promise<readonly string[]> =>
    withDeadline(tenant.name, timeoutMs, (signal) =>
      withClient(
        tenant,
        async (client) => {
          const standing = await readHistory(client, set, tenant.name);
          const steps = downGoal(set, { steps: task.steps }, tenant.name).next(standing);
          return steps.map(({ migration }) => migration.name);
        },
        signal,
      ),
    );
  return {
    attempt: async (tenant, timeoutMs) => {
      const place = places.get(tenant.name)!;
      let { undo } = book.tenant(place);
      if (undo === undefined && (await tenantExists(tenant))) {
        try {
          undo = await decide(tenant, timeoutMs);
        } catch (error) {
          return failedAttempt(error, tenant, task);
        }
        book.changeTenant(place, { undo });
        await journal.flush();
        if (stop.cause?.kind === "broken") return failedAttempt(stop.cause.error, tenant, task);
      }
      return attemptTask(tenant, set, { ...task, steps: undefined, only: undo ?? [] }, timeoutMs);
    },
    close: async () => undefined,
  };
}
