import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Transaction } from "@litefleet/driver";
import { MigrateError, PartialMigrationError } from "./errors.ts";
import { isNext, upGoal } from "./goal.ts";
import type { Goal } from "./goal.ts";
import { ForeignKeysInTheWay } from "./kysely/run-live.ts";
import type { MigrationListener } from "./migration-event.ts";
import type { MigrationSet } from "./migration.ts";
import type { MigrationOrder } from "./next-migrations.ts";
import { isOnServer } from "./on-server.ts";
import { planTransactions } from "./plan.ts";
import type { MigrationStep, PlannedTransaction, TransactionScope } from "./plan.ts";
import { readHistory, readWithRows, subject } from "./read-history.ts";
import type { HistoryReading } from "./read-history.ts";
import { runAsBatch } from "./run-batch.ts";
import { migrationFailed, runPlannedTransaction } from "./run-transaction.ts";
import { refuseDestructive } from "./safety/destructive.ts";
import { RowsLost, rowLossError } from "./safety/row-loss.ts";
import { codeOf, describeCause, isBusy } from "./tenant-errors.ts";

/** How migrations are run on one database, in either direction. */
export interface RunOptions {
  /** The name of the tenant in messages. */
  readonly tenant?: string;
  /** Default `"all"`. */
  readonly tx?: TransactionScope;
  /** False: what drops tables or columns or deletes rows is refused, before anything runs. Default true. */
  readonly allowDestructive?: boolean;
  /** Tables that may have fewer rows afterwards although no migration says so. Default none. */
  readonly allowRowLoss?: readonly string[];
  /** Milliseconds to wait for other writers, migrations included. Default 30,000. */
  readonly lockTimeoutMs?: number;
  /** Starts nothing new once it fires; a transaction under way is finished. */
  readonly signal?: AbortSignal;
  /** Hears what happens, as it does. */
  readonly onEvent?: MigrationListener;
}

/** What our own runs over a fleet add. */
export interface RunHooks {
  /** Runs before the first change, in no transaction, with what is to be done; what it throws ends the run with nothing changed. */
  readonly beforeFirst?: (steps: readonly MigrationStep[]) => Promise<void>;
}

/** How pending migrations are applied to one database. */
export interface ApplyOptions extends RunOptions {
  /** The last migration to apply, by name: `"0003_add_plans"`. What is applied beyond it stays. Default: the newest. */
  readonly to?: string;
  /** Default `"strict"`. */
  readonly order?: MigrationOrder;
}

/** What was done to one database. */
export interface MigrateResult {
  readonly state: "migrated" | "up-to-date";
  /** Names of the migrations that this call applied, in order. */
  readonly applied: readonly string[];
  /** What the folder has beyond `to`, and what was skipped: names, in order. */
  readonly pending: readonly string[];
  readonly durationMs: number;
}

/** What {@link runToGoal} did. */
interface RunResult {
  /** Migrations that were applied or undone, in order. */
  readonly names: readonly string[];
  readonly pending: readonly string[];
  readonly durationMs: number;
}

const retryDelayMs = 20;
/**
 * How long a request may wait for the lock on a server, which takes it from another writer after 5 seconds. Nobody can tell
 * waiting from running then, so who wants to wait for less goes step by step.
 */
const serverLockMs = 10_000;
/** How long to wait for the lock once more, to find the statement that is to blame. */
const diagnosisMs = 5_000;

/** Applies what is pending in `set`, up to `options.to`. Errors are `MigrateError`s. */
export async function applyPending(
  client: Client,
  set: MigrationSet,
  options: ApplyOptions & RunHooks,
): Promise<MigrateResult> {
  const { names, pending, durationMs } = await runToGoal(client, set, upGoal(set, options), options);
  return { state: names.length > 0 ? "migrated" : "up-to-date", applied: names, pending, durationMs };
}

/**
 * Does what is left to a goal. The ledger is read before (cheap, without a lock) and again inside the write lock; if
 * somebody else was faster the plan is made anew. Errors are `MigrateError`s; the transaction they happened in is undone.
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
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        const read = await readWithRows(client, set, { tenant, withObjects: isOnServer(client) });
        pending = read.standing.history.pending.map((migration) => migration.name);
        left = pending;
        const steps = goal.next(read.standing);
        left = steps.map(({ migration }) => migration.name);
        const [planned, ...more] = planTransactions(steps, tx);
        if (planned === undefined) break;
        if (options.allowDestructive === false && names.length === 0) refuseDestructive(steps, tenant);
        // Once for what is to be done, however often it has to wait for others.
        const prepares = left.join("\n");
        if (names.length === 0 && prepares !== preparedFor) await options.beforeFirst?.(steps);
        preparedFor = prepares;
        const ended = await runOne(client, set, planned, goal, read, { ...options, lockTimeoutMs });
        if (ended === undefined) onEvent?.({ type: "retry", reason: "changed" });
        else {
          names.push(...ended);
          if (more.length === 0) break;
        }
        waitingSince = performance.now();
      } catch (error) {
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

/** Runs one transaction, or one statement outside of any; the migrations that are done with it, `undefined` if another process had changed the ledger. */
async function runOne(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  read: HistoryReading,
  options: RunOptions & { readonly lockTimeoutMs: number },
): Promise<readonly string[] | undefined> {
  const migrations = planned.migrations.map((plan) => plan.migration.name);
  const direction = planned.migrations[0]?.direction ?? "up";
  options.onEvent?.({ type: "begin", direction, migrations });
  if (planned.kind === "outside") await runOutside(client, planned, options);
  const isDone =
    (planned.kind === "transaction" && (await runInOneRequest(client, set, planned, goal, read, options))) ||
    (await runInTransaction(client, set, planned, goal, options));
  if (!isDone) return undefined;
  options.onEvent?.({ type: "commit", direction, migrations });
  return planned.migrations.filter((plan) => plan.doneAfter === undefined).map((plan) => plan.migration.name);
}

/**
 * Runs the statement that cannot be in a transaction. It is written down afterwards: those that there are (VACUUM, pragmas) do
 * the same when they are run twice.
 */
async function runOutside(client: Client, { migrations }: PlannedTransaction, options: RunOptions): Promise<void> {
  for (const plan of migrations) {
    for (const [i, { sql }] of plan.statements.entries()) {
      try {
        await client.execute(sql);
      } catch (error) {
        if (isBusy(error)) throw error;
        throw migrationFailed(plan, i, error, options.tenant);
      }
    }
  }
}

/** False, with nothing done, where the slow way has to be gone: on a local database, and to find out what went wrong. */
async function runInOneRequest(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  read: HistoryReading,
  options: RunOptions & { readonly lockTimeoutMs: number },
): Promise<boolean> {
  if (!isOnServer(client) || options.lockTimeoutMs < serverLockMs) return false;
  try {
    return await runAsBatch(client, set, planned, read, options.allowRowLoss ?? []);
  } catch (error) {
    if (codeOf(error) !== "OUTCOME_UNKNOWN") throw error;
    await settle(client, set, planned, goal, { ...options, cause: error });
    return true;
  }
}

async function runInTransaction(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  options: RunOptions & { readonly lockTimeoutMs: number },
): Promise<boolean> {
  const { tenant, signal, lockTimeoutMs } = options;
  const { foreignKeys } = planned;
  const toRun = planned.kind === "transaction" ? planned : withoutStatements(planned);
  const transaction = await client.transaction("write", { timeoutMs: lockTimeoutMs, signal, foreignKeys });
  try {
    if (!(await runPlannedTransaction(client, transaction, set, toRun, goal, options))) return false;
    await commit(client, transaction, set, planned, goal, options);
    return true;
  } catch (error) {
    if (error instanceof ForeignKeysInTheWay) {
      await rollbackIfOpen(transaction);
      return await runInTransaction(client, set, { ...planned, foreignKeys: "off" }, goal, options);
    }
    if (!(error instanceof RowsLost)) throw error;
    await rollbackIfOpen(transaction);
    const timeoutMs = Math.min(lockTimeoutMs, diagnosisMs);
    throw await rowLossError(client, planned, error, { tenant, timeoutMs, signal });
  } finally {
    await rollbackIfOpen(transaction);
  }
}

/** What ran outside is only written down inside. */
function withoutStatements(planned: PlannedTransaction): PlannedTransaction {
  const migrations = planned.migrations.map((plan) => ({
    ...plan,
    statements: [],
    mayRemoveRows: false,
    mayBreakReferences: false,
  }));
  return { ...planned, migrations };
}

/** Commits. If the answer is lost, the ledger tells what became of it; nothing is ever sent twice. */
async function commit(
  client: Client,
  transaction: Transaction,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  options: { readonly tenant?: string; readonly lockTimeoutMs: number },
): Promise<void> {
  try {
    await transaction.commit();
  } catch (error) {
    if (isBusy(error)) throw error;
    const names = planned.migrations.map((plan) => plan.migration.name);
    if (codeOf(error) !== "OUTCOME_UNKNOWN") throw commitError(error, names, options.tenant);
    await settle(client, set, planned, goal, { ...options, cause: error });
  }
}

/**
 * Finds out from the ledger what became of a COMMIT whose answer was lost. Returns if it was done.
 *
 * @throws {MigrateError} `MIGRATION_FAILED` if it was not, `OUTCOME_UNKNOWN` if the ledger cannot be read.
 */
async function settle(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  options: { readonly tenant?: string; readonly lockTimeoutMs: number; readonly cause: unknown },
): Promise<void> {
  const { tenant, cause } = options;
  const names = planned.migrations.map((plan) => plan.migration.name);
  let isLeft: boolean;
  try {
    isLeft = isNext(planned, await nextUnderLock(client, set, goal, options.lockTimeoutMs));
  } catch {
    throw new MigrateError(
      `${subject(tenant)}: the connection was lost while ${names.join(", ")} was committed, and the database cannot be ` +
        `asked. Run this again: the ledger says then whether it was applied.`,
      "OUTCOME_UNKNOWN",
      { tenant, migration: names[0], cause },
    );
  }
  if (isLeft) throw commitError(cause, names, tenant);
}

/**
 * What is left to do, read with the write lock in hand: then a transaction that we have lost sight of has ended, one way or
 * the other.
 */
async function nextUnderLock(
  client: Client,
  set: MigrationSet,
  goal: Goal,
  timeoutMs: number,
): Promise<readonly MigrationStep[]> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await using transaction = await client.transaction("write", { timeoutMs });
      return goal.next(await readHistory(transaction, set, undefined));
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      await sleep(retryDelayMs);
    }
  }
}

/** SQLite refused the COMMIT, as it does when a deferred foreign key is broken; or it never got there. */
function commitError(cause: unknown, names: readonly string[], tenant: string | undefined): MigrateError {
  return new MigrateError(
    `${subject(tenant)}, COMMIT of ${names.join(", ")}: ${describeCause(cause)}. Everything was rolled back.`,
    "MIGRATION_FAILED",
    { tenant, migration: names.at(-1), cause },
  );
}

async function rollbackIfOpen(transaction: Transaction): Promise<void> {
  if (transaction.closed) return;
  try {
    await transaction.rollback();
  } catch {
    // The first error says more. `close` gives the connection up, and with it the transaction.
  }
  transaction.close();
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
