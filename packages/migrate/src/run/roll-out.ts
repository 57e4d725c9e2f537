import { setTimeout as sleep } from "node:timers/promises";
import { withClient } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { describeCause } from "../tenant-errors.ts";
import { dispatch } from "./dispatch.ts";
import { allowedFailures } from "./plan-waves.ts";
import type { HookAnswer, RolloutOptions } from "./rollout-options.ts";
import type { RunBook } from "./run-book.ts";
import type { RunJournal } from "./run-journal.ts";
import type { RunState, RunTenant, RunWave } from "./run-record.ts";
import type { RunStop } from "./run-stop.ts";
import type { ServerLanes } from "./server-lanes.ts";
import type { Attempt } from "./tenant-task.ts";
import { withDeadline } from "./with-deadline.ts";

/** A run that is about to begin or to go on. */
export interface Rollout {
  readonly book: RunBook;
  readonly journal: RunJournal;
  readonly stop: RunStop;
  /** How each tenant is opened, by place; those among `items` are there. */
  readonly tenants: readonly (ResolvedTenant | undefined)[];
  /** Places of what is to be done. Tenants of the run that are not among them are left as they are. */
  readonly items: ReadonlySet<number>;
  readonly options: RolloutOptions;
  readonly concurrency: number;
  readonly lanes: ServerLanes;
  /** Runs the task once on a tenant; does not throw. */
  readonly attempt: (tenant: ResolvedTenant, timeoutMs: number | undefined) => Promise<Attempt>;
  /** A tenant has ended; so many are still under way. */
  readonly onEnd?: (tenant: RunTenant, running: number) => void;
}

const defaultRetries = 3;
const firstDelayMs = 250;
const longestDelayMs = 10_000;

/** Goes through the waves, and says what became of the run. Nothing in it throws: what went wrong stands in `stop`. */
export async function rollOut(rollout: Rollout): Promise<RunState> {
  const { book, journal, stop, items, options } = rollout;
  journal.tell({ type: "run-start", run: book.record });
  await callHook(stop, "beforeRun", () => options.beforeRun?.(book.record));
  let isFirst = true;
  for (const wave of book.waves) {
    const places = placesOf(book, wave.index);
    const todo = places.filter((place) => items.has(place));
    if (stop.isSet || (todo.length === 0 && wave.state !== "running")) continue;
    if (!isFirst) await pause(rollout);
    isFirst = false;
    if (!stop.isSet) await runWave(rollout, wave, places, todo);
  }
  return stateOf(rollout);
}

function placesOf(book: RunBook, wave: number): number[] {
  return book.tenants.flatMap((tenant, place) => (tenant.wave === wave ? [place] : []));
}

async function pause({ journal, stop, options }: Rollout): Promise<void> {
  const durationMs = options.pauseMs ?? 0;
  if (durationMs === 0) return;
  journal.tell({ type: "pause", durationMs });
  // It rejects only where it is cut short.
  await sleep(durationMs, undefined, { signal: stop.signal }).catch(() => undefined);
}

async function runWave(
  rollout: Rollout,
  wave: RunWave,
  places: readonly number[],
  todo: readonly number[],
): Promise<void> {
  const { book, journal, stop, options, lanes, tenants, concurrency } = rollout;
  const isLast = wave.index === book.waves.length - 1;
  const isOver = { value: false };
  const failed = (): number => places.filter((place) => book.tenant(place).state === "failed").length;
  // Whoever goes on after a halt has seen these failures.
  const before = wave.state === "halted" ? failed() : 0;
  const startedAt = wave.startedAt ?? Date.now();
  const started = book.changeWave(wave.index, { state: "running", startedAt, endedAt: undefined, reason: undefined });
  journal.tell({ type: "wave-start", wave: started });
  await callHook(stop, "beforeWave", () => options.beforeWave?.(started, book.record));
  let running = 0;
  await dispatch({
    items: todo,
    concurrency,
    laneOf: (place) => lanes.of(tenants[place]!),
    isOver: () => stop.isSet || isOver.value,
    work: async (place) => {
      running += 1;
      const ended = await runTenant(rollout, place);
      running -= 1;
      if (ended.state === "failed" && options.onError === "stop") isOver.value = true;
      rollout.onEnd?.(ended, running);
    },
  });
  const failures = failed() - before;
  const allowed = allowedFailures(options.maxFailures, places.length);
  if (failures > allowed && !isLast && !stop.isSet) {
    stop.set({
      kind: "halted",
      reason: `${failures} of the ${places.length} tenants of wave ${wave.label} failed, and ${allowed} may`,
    });
  } else if (isOver.value && !isLast) {
    stop.set({ kind: "halted", reason: "a tenant failed (onError: stop)" });
  }
  if (stop.cause?.kind === "halted") {
    const { reason } = stop.cause;
    journal.tell({
      type: "wave-end",
      wave: book.changeWave(wave.index, { state: "halted", endedAt: Date.now(), reason }),
    });
  } else if (!stop.isSet) {
    journal.tell({ type: "wave-end", wave: book.changeWave(wave.index, { state: "done", endedAt: Date.now() }) });
  }
  await journal.flush();
}

async function runTenant(rollout: Rollout, place: number): Promise<RunTenant> {
  const { book, journal, stop, options, tenants, attempt } = rollout;
  const { retries = defaultRetries, timeoutMs } = options;
  const tenant = tenants[place]!;
  const until = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  for (let tries = 0; ; tries += 1) {
    const { attempts, applied } = book.tenant(place);
    const startedAt = Date.now();
    const clock = performance.now();
    const started = book.changeTenant(place, { state: "running", attempts: attempts + 1, startedAt, error: undefined });
    if (tries === 0) journal.tell({ type: "tenant-start", tenant: started });
    const leftMs = timeoutMs === undefined ? undefined : Math.max(1, until - clock);
    const { mayPass, ...result } = await attempt(tenant, leftMs);
    const durationMs = Math.round(performance.now() - clock);
    const outcome = { ...result, applied: [...applied, ...result.applied], durationMs };
    const delayMs = Math.round(Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** tries));
    if (mayPass && tries < retries && !stop.isSet && performance.now() + delayMs < until) {
      journal.tell({
        type: "tenant-retry",
        tenant: book.changeTenant(place, { ...outcome, state: "running" }),
        delayMs,
      });
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (!stop.isSet) continue;
    }
    if (outcome.state !== "failed") await checkHealth(rollout, tenant, { ...book.tenant(place), ...outcome });
    const ended = book.changeTenant(place, outcome);
    journal.tell({ type: "tenant-end", tenant: ended });
    await callHook(stop, `afterTenant of ${tenant.name}`, () => options.afterTenant?.(ended));
    return ended;
  }
}

async function checkHealth({ stop, options }: Rollout, tenant: ResolvedTenant, ended: RunTenant): Promise<void> {
  const { healthCheck, timeoutMs } = options;
  if (healthCheck === undefined) return;
  await callHook(stop, `healthCheck of ${tenant.name}`, () =>
    withDeadline(tenant.name, timeoutMs, (signal) =>
      withClient(tenant, async (client) => healthCheck(ended, client), signal),
    ),
  );
}

/** Stops the run if the hook says no or throws. */
async function callHook(stop: RunStop, name: string, hook: () => HookAnswer): Promise<void> {
  if (stop.isSet) return;
  try {
    if ((await hook()) === false) stop.set({ kind: "halted", reason: `${name} said no` });
  } catch (error) {
    stop.set({ kind: "halted", reason: `${name}: ${describeCause(error)}` });
  }
}

function stateOf({ book, stop }: Rollout): RunState {
  if (stop.cause?.kind === "halted") return "halted";
  if (stop.isSet) return "interrupted";
  if (book.tenants.some(({ state, error }) => state === "failed" && error?.code === "DESTRUCTIVE")) return "halted";
  const { failed, waiting } = book.record.counts;
  return failed > 0 || waiting > 0 ? "partial" : "done";
}
