import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Transaction } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import type { MigrationSet } from "./migration.ts";
import { nextMigrations } from "./next-migrations.ts";
import type { MigrationOrder, Wanted } from "./next-migrations.ts";
import { planTransactions } from "./plan.ts";
import type { PlannedTransaction, TransactionScope } from "./plan.ts";
import { readHistory, subject } from "./read-history.ts";
import { runPlannedTransaction } from "./run-transaction.ts";
import { RowsLost, rowLossError } from "./safety/row-loss.ts";
import { codeOf, describeCause, isBusy } from "./tenant-errors.ts";
import { migrationsUpTo } from "./up-to.ts";

/** How pending migrations are applied to one database. */
export interface ApplyOptions {
  /** The last migration to apply, by name: `"0003_add_plans"`. What is applied beyond it stays. Default: the newest. */
  readonly to?: string;
  /** The name of the tenant in messages. */
  readonly tenant?: string;
  /** Default `"all"`. */
  readonly tx?: TransactionScope;
  /** Default `"strict"`. */
  readonly order?: MigrationOrder;
  /** Tables that may have fewer rows afterwards although no migration says so. Default none. */
  readonly allowRowLoss?: readonly string[];
  /** Milliseconds to wait for other writers, migrations included. Default 30,000. */
  readonly lockTimeoutMs?: number;
  /** Starts nothing new once it fires; a transaction under way is finished. */
  readonly signal?: AbortSignal;
}

/** What was done to one database. */
export interface MigrateResult {
  readonly state: "migrated" | "up-to-date";
  /** Names of the migrations that this call applied, in order. */
  readonly applied: readonly string[];
  readonly durationMs: number;
}

const retryDelayMs = 20;
/** How long to wait for the lock once more, to find the statement that is to blame. */
const diagnosisMs = 5_000;

/**
 * Applies what is pending in `set`, up to `options.to`. The ledger is read before (cheap, without a lock) and again inside the write lock; if
 * somebody else was faster the plan is made anew. Errors are `MigrateError`s; the transaction they happened in is undone.
 */
export async function applyPending(client: Client, set: MigrationSet, options: ApplyOptions): Promise<MigrateResult> {
  const startedAt = performance.now();
  const { tenant, tx = "all", order = "strict", lockTimeoutMs = 30_000 } = options;
  const applied: string[] = [];
  const wanted: Wanted = { migrations: migrationsUpTo(set, options.to), order, tenant };
  let pending: readonly string[] = [];
  let waitingSince = startedAt;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      try {
        const history = await readHistory(client, set, tenant);
        pending = history.pending.filter((m) => wanted.migrations.has(m)).map((m) => m.name);
        const next = nextMigrations(set, history, wanted);
        pending = next.map((migration) => migration.name);
        const planned = planTransactions(next, tx)[0];
        if (planned === undefined) break;
        applied.push(...(await applyOne(client, set, planned, { ...options, lockTimeoutMs, wanted })));
        waitingSince = performance.now();
      } catch (error) {
        if (codeOf(error) === "TIMEOUT") throw busyError(tenant, lockTimeoutMs, error);
        if (!isBusy(error)) throw error;
        if (performance.now() - waitingSince >= lockTimeoutMs) throw busyError(tenant, lockTimeoutMs, error);
        await sleep(retryDelayMs);
      }
    }
  } catch (error) {
    const left = pending.filter((name) => !applied.includes(name));
    throw withContext(error, { tenant, applied, pending: left }, options.signal);
  }
  const durationMs = Math.round(performance.now() - startedAt);
  return { state: applied.length > 0 ? "migrated" : "up-to-date", applied, durationMs };
}

/** Runs one transaction; the names it applied, none if another process had changed the ledger meanwhile. */
async function applyOne(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  options: ApplyOptions & { readonly lockTimeoutMs: number; readonly wanted: Wanted },
): Promise<readonly string[]> {
  const names = planned.migrations.map((plan) => plan.migration.name);
  const transaction = await client.transaction("write", {
    timeoutMs: options.lockTimeoutMs,
    signal: options.signal,
    foreignKeys: planned.foreignKeys,
  });
  try {
    if (!(await runPlannedTransaction(transaction, set, planned, { ...options, engine: client.status().engine })))
      return [];
    await commit(client, transaction, set, names, options);
    return names;
  } catch (error) {
    if (!(error instanceof RowsLost)) throw error;
    await rollbackIfOpen(transaction);
    throw await rowLossError(client, planned, error, {
      tenant: options.tenant,
      timeoutMs: Math.min(options.lockTimeoutMs, diagnosisMs),
      signal: options.signal,
    });
  } finally {
    await rollbackIfOpen(transaction);
  }
}

/** Commits. If the answer is lost, the ledger tells what became of it; nothing is ever sent twice. */
async function commit(
  client: Client,
  transaction: Transaction,
  set: MigrationSet,
  names: readonly string[],
  options: { readonly tenant?: string; readonly lockTimeoutMs: number },
): Promise<void> {
  try {
    await transaction.commit();
  } catch (error) {
    const { tenant, lockTimeoutMs } = options;
    if (isBusy(error)) throw error;
    if (codeOf(error) !== "OUTCOME_UNKNOWN") throw commitError(error, names, tenant);
    let isRecorded: boolean;
    try {
      isRecorded = await isInLedger(client, set, names, lockTimeoutMs);
    } catch {
      throw new MigrateError(
        `${subject(tenant)}: the connection was lost while ${names.join(", ")} was committed, and the database cannot be ` +
          `asked. Run this again: the ledger says then whether it was applied.`,
        "OUTCOME_UNKNOWN",
        { tenant, migration: names[0], cause: error },
      );
    }
    if (!isRecorded) throw commitError(error, names, tenant);
  }
}

/**
 * Whether the migrations are applied, read with the write lock in hand: then a transaction that we have lost sight of has
 * ended, one way or the other.
 */
async function isInLedger(
  client: Client,
  set: MigrationSet,
  names: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await using transaction = await client.transaction("write", { timeoutMs });
      const { applied } = await readHistory(transaction, set, undefined);
      return names.every((name) => applied.some((migration) => migration.name === name));
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
    // The message of an error begins with its code.
    return new MigrateError(error.message.slice(code.length + 2), code, {
      ...context,
      migration,
      statementIndex,
      cause,
    });
  }
  if (signal?.aborted) {
    return new MigrateError(`${subject(context.tenant)}: interrupted by its signal.`, "ABORTED", {
      ...context,
      cause: error,
    });
  }
  const message = `${subject(context.tenant)}: ${describeCause(error)}`;
  return new MigrateError(message, "TENANT_FAILED", { ...context, cause: error });
}
