import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@litefleet/driver";
import { MigrateError, PartialMigrationError } from "./errors.ts";
import type { Goal } from "./goal.ts";
import { forgetReading, likelyReading, noteReading } from "./likely-reading.ts";
import type { MigrationSet } from "./migration.ts";
import { isOnServer } from "./on-server.ts";
import { planTransactions } from "./plan.ts";
import { readWithRows, subject } from "./read-history.ts";
import type { RunHooks, RunOptions } from "./run-options.ts";
import { retryDelayMs, runPlanned, serverLockMs } from "./run-planned.ts";
import { refuseDestructive } from "./safety/destructive.ts";
import { codeOf, describeCause, isBusy } from "./tenant-errors.ts";

/** What {@link runToGoal} did. */
interface RunResult {
  /** Migrations that were applied or undone, in order. */
  readonly names: readonly string[];
  readonly pending: readonly string[];
  readonly durationMs: number;
}

/**
 * Does what is left to a goal. The ledger is read before (cheap, without a lock) and again inside the write lock; if
 * somebody else was faster the plan is made anew, as it is if the first reading was a guess ({@link likelyReading}) and wrong.
 * Errors are `MigrateError`s; the transaction they happened in is undone.
 */
export async function runToGoal(
  client: Client,
  set: MigrationSet,
  goal: Goal,
  options: RunOptions & RunHooks,
): Promise<RunResult> {
  const startedAt = performance.now();
  const { tenant, tx = "all", lockTimeoutMs = 30_000, signal, onEvent } = options;
  const names: string[] = [];
  let left: readonly string[] = [];
  let pending: readonly string[] = [];
  let waitingSince = startedAt;
  let preparedFor: string | undefined;
  const isSimple = options.beforeFirst === undefined && lockTimeoutMs >= serverLockMs;
  let guess = options.mayGuess === true && isSimple && isOnServer(client) ? likelyReading(set) : undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        const read = guess ?? (await readWithRows(client, set, { tenant, withObjects: isOnServer(client) }));
        const isGuess = read === guess;
        pending = read.standing.history.pending.map((migration) => migration.name);
        left = pending;
        const steps = goal.next(read.standing);
        left = steps.map(({ migration }) => migration.name);
        const [planned, ...more] = planTransactions(steps, tx);
        if (isGuess && (planned?.kind !== "transaction" || more.length > 0)) {
          guess = undefined;
          continue;
        }
        if (planned === undefined) break;
        if (options.allowDestructive === false && names.length === 0) refuseDestructive(steps, tenant);
        // Once for what is to be done, however often it has to wait for others.
        const prepares = left.join("\n");
        if (names.length === 0 && prepares !== preparedFor) await options.beforeFirst?.(steps);
        preparedFor = prepares;
        const ended = await runPlanned(client, set, planned, goal, read, { ...options, lockTimeoutMs, isGuess });
        guess = undefined;
        if (ended === undefined) {
          if (isGuess) forgetReading(set);
          onEvent?.({ type: "retry", reason: "changed" });
        } else {
          if (!isGuess && names.length === 0 && read.objects !== undefined) noteReading(set, read);
          names.push(...ended);
          if (more.length === 0) break;
        }
        waitingSince = performance.now();
      } catch (error) {
        const wasGuess = guess !== undefined;
        guess = undefined;
        // What is wrong with it is found out from what it is.
        if (wasGuess && error instanceof MigrateError) continue;
        if (codeOf(error) === "TIMEOUT") throw busyError(tenant, lockTimeoutMs, error);
        if (!isBusy(error)) throw error;
        if (performance.now() - waitingSince >= lockTimeoutMs) throw busyError(tenant, lockTimeoutMs, error);
        onEvent?.({ type: "retry", reason: "busy" });
        await sleep(retryDelayMs);
      }
    }
  } catch (error) {
    throw withContext(error, { tenant, applied: names, pending: left.filter((name) => !names.includes(name)) }, signal);
  }
  pending = pending.filter((name) => !names.includes(name));
  return { names, pending, durationMs: Math.round(performance.now() - startedAt) };
}

function busyError(tenant: string | undefined, lockTimeoutMs: number, cause: unknown): MigrateError {
  return new MigrateError(
    `${subject(tenant)} was locked by other writers for ${lockTimeoutMs} ms. Nothing was changed; run this again, or wait ` +
      `longer with lockTimeoutMs (--lock-timeout).`,
    "TENANT_BUSY",
    { tenant, cause },
  );
}

function withContext(
  error: unknown,
  context: {
    readonly tenant: string | undefined;
    readonly applied: readonly string[];
    readonly pending: readonly string[];
  },
  signal: AbortSignal | undefined,
): MigrateError {
  if (error instanceof MigrateError) {
    const { code, migration, statementIndex, cause } = error;
    const details = { ...context, migration, statementIndex, cause };
    // The message of an error begins with its code.
    const message = error.message.slice(code.length + 2);
    if (context.applied.length > 0) return new PartialMigrationError(message, code, details);
    return new MigrateError(message, code, details);
  }
  const message = signal?.aborted
    ? `${subject(context.tenant)}: interrupted by its signal.`
    : `${subject(context.tenant)}: ${describeCause(error)}`;
  const code = signal?.aborted === true ? "ABORTED" : "TENANT_FAILED";
  const details = { ...context, cause: error };
  if (context.applied.length > 0) return new PartialMigrationError(message, code, details);
  return new MigrateError(message, code, details);
}
