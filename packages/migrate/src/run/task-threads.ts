import { Worker } from "node:worker_threads";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { SourceOptions } from "../source/source.ts";
import type { Attempt, TenantTask } from "./tenant-task.ts";

/** What every thread is to do. */
export interface TaskOrder {
  readonly dir: string;
  readonly sourceOptions: SourceOptions;
  readonly task: TenantTask;
}

/** One attempt, as a thread is sent it. */
export interface TaskJob {
  readonly id: number;
  readonly tenant: ResolvedTenant;
  readonly timeoutMs: number | undefined;
}

/** What a thread says: that it has read the folder, and what an attempt made of a tenant. */
export type TaskAnswer = "ready" | { readonly id: number; readonly attempt: Attempt };

/**
 * Runs a task on files in threads: the engines of local files are synchronous, so that one thread waits for the disk while another
 * one computes. Each job goes to the thread with the fewest.
 */
export class TaskThreads {
  readonly #threads: readonly TaskThread[];

  constructor(count: number, order: TaskOrder) {
    this.#threads = Array.from({ length: count }, () => new TaskThread(order));
  }

  /** All of them have started. */
  get areReady(): boolean {
    return this.#threads.every(({ isReady }) => isReady);
  }

  /** Jobs of the thread that has the fewest. */
  get fewestJobs(): number {
    return this.#leastBusy.jobCount;
  }

  /** Does not throw. */
  attempt(tenant: ResolvedTenant, timeoutMs: number | undefined): Promise<Attempt> {
    return this.#leastBusy.attempt(tenant, timeoutMs);
  }

  get #leastBusy(): TaskThread {
    return this.#threads.reduce((least, next) => (next.jobCount < least.jobCount ? next : least));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class TaskThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, PromiseWithResolvers<Attempt>>();
  #lastId = 0;
  #isReady = false;
  #broken: Attempt | undefined;

  constructor(order: TaskOrder) {
    // In the repository the sources run as they are.
    const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
    this.#worker = new Worker(new URL(`task-worker.${ending}`, import.meta.url), {
      workerData: order,
      // Results are small and short-lived: a larger nursery takes 40 MB a thread and makes nothing faster.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.on("message", (answer: TaskAnswer) => {
      if (answer === "ready") this.#isReady = true;
      else this.#end(answer.id, answer.attempt);
    });
    this.#worker.on("error", (error) => {
      // What it was at is found out by the next attempt, which the tenants' ledgers guard.
      this.#broken = attemptOfBroken(error);
      this.#isReady = true;
      for (const id of this.#jobs.keys()) this.#end(id, this.#broken);
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get jobCount(): number {
    return this.#jobs.size;
  }

  attempt(tenant: ResolvedTenant, timeoutMs: number | undefined): Promise<Attempt> {
    if (this.#broken !== undefined) return Promise.resolve(this.#broken);
    this.#lastId += 1;
    const ended = Promise.withResolvers<Attempt>();
    this.#jobs.set(this.#lastId, ended);
    const job: TaskJob = { id: this.#lastId, tenant, timeoutMs };
    this.#worker.postMessage(job);
    return ended.promise;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(id: number, attempt: Attempt): void {
    this.#jobs.get(id)?.resolve(attempt);
    this.#jobs.delete(id);
  }
}

function attemptOfBroken(error: unknown): Attempt {
  const message = `A thread of the run ended: ${error instanceof Error ? error.message : String(error)}`;
  const failure = { code: "TENANT_FAILED", message };
  return { state: "failed", applied: [], pending: [], version: undefined, error: failure, mayPass: false };
}
