import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { RunPlan } from "./fleet-run.ts";
import { FreshFiles } from "./fresh-files.ts";
import { TaskThreads } from "./task-threads.ts";
import { attemptTask } from "./tenant-task.ts";
import type { Attempt } from "./tenant-task.ts";

/** Runs a task on tenants. */
export interface TaskRunner {
  /** Does not throw. */
  readonly attempt: (tenant: ResolvedTenant, timeoutMs: number | undefined) => Promise<Attempt>;
  close(): Promise<void>;
}

/** A thread takes a part of a second to start: this many milliseconds of work must be left for it, */
const worthMs = 5_000;
/** on so many files. */
const worthFiles = 500;
/**
 * This one and those beside it, no more than cores: one computes while another waits for the disk. On two cores a migration on 1,000 files took
 * 0.65 times as long as without another thread where a tenant took 9 ms, and as long where it took 4; with two others it never took less.
 * Each costs about 45 MB.
 */
const mostThreads = 4;
/** Files after which it is estimated how long the others will take. */
const sampled = 16;

/**
 * A runner on this thread, which copies new files where it can, and calls threads in for files when there is much left to do: a fleet that
 * has nothing pending is done before they would have started.
 *
 * @param tenants all that it will be asked to run.
 */
export function openTaskRunner(plan: RunPlan, tenants: readonly ResolvedTenant[], concurrency: number): TaskRunner {
  const here = openRunnerHere(plan);
  const fresh = new FreshFiles(plan.set, plan.task);
  const count = Math.min(concurrency, availableParallelism(), mostThreads);
  let left = tenants.filter(canTravel).length;
  let done = 0;
  let running = 0;
  const startedAt = performance.now();
  let threads: TaskThreads | undefined;
  const isWorthIt = (): boolean => {
    return (
      count > 1 && left >= worthFiles && done >= sampled && ((performance.now() - startedAt) / done) * left > worthMs
    );
  };
  return {
    attempt: async (tenant, timeoutMs) => {
      if (!canTravel(tenant)) return here.attempt(tenant, timeoutMs);
      left -= 1;
      const copied = await fresh.attempt(tenant);
      if (copied !== undefined) {
        done += 1;
        return copied;
      }
      if (threads?.areReady === true && threads.fewestJobs < running) return threads.attempt(tenant, timeoutMs);
      running += 1;
      const attempt = await here.attempt(tenant, timeoutMs);
      running -= 1;
      done += 1;
      if (threads === undefined && isWorthIt()) {
        const dir = path.resolve(plan.dir instanceof URL ? fileURLToPath(plan.dir) : plan.dir);
        threads = new TaskThreads(count - 1, { dir, sourceOptions: plan.sourceOptions, task: plan.task });
      }
      return attempt;
    },
    close: async () => {
      await threads?.close();
      await fresh.close();
    },
  };
}

/** Functions do not pass from thread to thread; and Turso Database has threads of its own. */
function canTravel({ path: file, config }: ResolvedTenant): boolean {
  return (
    file !== undefined &&
    config.engine !== "turso" &&
    Object.values(config).every((value) => typeof value !== "function")
  );
}

function openRunnerHere({ set, task }: RunPlan): Pick<TaskRunner, "attempt"> {
  return { attempt: (tenant, timeoutMs) => attemptTask(tenant, set, task, timeoutMs) };
}
