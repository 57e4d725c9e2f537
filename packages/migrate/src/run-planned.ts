import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Transaction } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import { isNext } from "./goal.ts";
import type { Goal } from "./goal.ts";
import { ForeignKeysInTheWay } from "./kysely/run-live.ts";
import type { MigrationSet } from "./migration.ts";
import { isOnServer } from "./on-server.ts";
import type { MigrationStep, PlannedTransaction } from "./plan.ts";
import { readHistory, subject } from "./read-history.ts";
import type { HistoryReading } from "./read-history.ts";
import { runAsBatch } from "./run-batch.ts";
import type { RunOptions } from "./run-options.ts";
import { migrationFailed, runPlannedTransaction } from "./run-transaction.ts";
import { RowsLost, rowLossError } from "./safety/row-loss.ts";
import { codeOf, describeCause, isBusy } from "./tenant-errors.ts";

/** How long to wait for a lock until it is tried again. */
export const retryDelayMs = 20;
/**
 * How long a request may wait for the lock on a server, which takes it from another writer after 5 seconds. Nobody can tell
 * waiting from running then, so who wants to wait for less goes step by step.
 */
export const serverLockMs = 10_000;
/** How long to wait for the lock once more, to find the statement that is to blame. */
const diagnosisMs = 5_000;

/** How one planned transaction is run. */
type PlannedOptions = RunOptions & {
  readonly lockTimeoutMs: number;
  /** What was read is a guess: it is tried in one request or not at all. */
  readonly isGuess: boolean;
};

/**
 * Runs one transaction, or one statement outside of any; the migrations that are done with it, `undefined` if the ledger was not
 * as `read`: another process had changed it, or it was a wrong guess.
 */
export async function runPlanned(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  read: HistoryReading,
  options: PlannedOptions,
): Promise<readonly string[] | undefined> {
  const migrations = planned.migrations.map((plan) => plan.migration.name);
  const direction = planned.migrations[0]?.direction ?? "up";
  options.onEvent?.({ type: "begin", direction, migrations });
  if (planned.kind === "outside") await runOutside(client, planned, options);
  const isDone =
    (planned.kind === "transaction" && (await runInOneRequest(client, set, planned, goal, read, options))) ||
    (!options.isGuess && (await runInTransaction(client, set, planned, goal, options)));
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
  options: PlannedOptions,
): Promise<boolean> {
  if (!isOnServer(client) || options.lockTimeoutMs < serverLockMs) return false;
  try {
    return await runAsBatch(client, set, planned, read, options);
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
