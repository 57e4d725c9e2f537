import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { loadMigrations } from "../load-migrations.ts";
import type { TaskAnswer, TaskJob, TaskOrder } from "./task-threads.ts";
import { attemptTask } from "./tenant-task.ts";

// A thread of `TaskThreads`: reads the folder once, and runs the task on the tenants that it is sent.
const { dir, sourceOptions, task } = workerData as TaskOrder;
const set = await loadMigrations(dir, sourceOptions);

function say(answer: TaskAnswer): void {
  parentPort?.postMessage(answer);
}

async function run({ id, tenant, timeoutMs }: TaskJob): Promise<void> {
  // The libraries let go of closed files in a turn of the event loop only.
  await nextTurn();
  const attempt = await attemptTask(tenant, set, task, timeoutMs);
  say({ id, attempt });
}

parentPort?.on("message", (job: TaskJob) => void run(job));
say("ready");
