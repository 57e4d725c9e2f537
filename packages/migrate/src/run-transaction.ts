import { setImmediate as nextTurn } from "node:timers/promises";
import { LibsqlBatchError } from "@litefleet/driver";
import type { Client, InStatement, Transaction } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import { ForeignKeysInTheWay, runLive } from "./kysely/run-live.ts";
import { createJournal, dropEmptyJournal, noteTexts, selectJournal } from "./ledger/journal.ts";
import { ledgerWrites } from "./ledger/ledger-writes.ts";
import type { MigrationSet } from "./migration.ts";
import type { MigrationPlan, PlannedTransaction } from "./plan.ts";
import type { RunOptions } from "./run-options.ts";
import { isNext } from "./goal.ts";
import type { Goal } from "./goal.ts";
import { compareLedger, subject } from "./read-history.ts";
import { checkNewViolations, checkReferences } from "./safety/foreign-keys.ts";
import { countRows, findRowLosses } from "./safety/row-guard.ts";
import type { RowCounts } from "./safety/row-guard.ts";
import { RowsLost } from "./safety/row-loss.ts";
import { traceTables } from "./safety/table-trace.ts";
import { isOnServer } from "./on-server.ts";
import { describeCause, isBusy } from "./tenant-errors.ts";

/**
 * Runs planned migrations inside `tx`, which holds the write lock, with every check short of the COMMIT. False, with
 * nothing done, if the ledger is no longer the one that was planned for. Throws {@link RowsLost} if rows would be.
 */
export async function runPlannedTransaction(
  client: Client,
  tx: Transaction,
  set: MigrationSet,
  planned: PlannedTransaction,
  goal: Goal,
  options: RunOptions,
): Promise<boolean> {
  const { ledger } = set;
  const { tenant, allowRowLoss = [], onEvent } = options;
  const { engine } = client.status();
  const usesJournal = needsJournal(set, planned);
  const script = [...ledger.create, ledger.select];
  if (usesJournal) script.push(createJournal, selectJournal(ledger));
  const results = await tx.batch(script);
  const entries = results[ledger.create.length];
  if (entries === undefined) return false;
  // Nobody else can write now: are those that are planned still the next ones?
  const journal = usesJournal ? results.at(-1) : undefined;
  const standing = compareLedger(set, { ledger: entries, journal }, tenant);
  if (!isNext(planned, goal.next(standing))) return false;
  const preparation = [...(ledger.upgrade?.(set.migrations, entries) ?? [])];
  if (!ledger.hasChecksums)
    preparation.push(
      ...noteTexts(
        ledger,
        standing.history.applied.filter((m) => !standing.journaled.has(m.name)),
      ),
    );
  if (preparation.length > 0) await tx.batch(preparation);
  const referencesOff = planned.foreignKeys === "off";
  let references = referencesOff ? await checkReferences(tx, engine) : undefined;
  let counts: RowCounts | undefined;
  for (const planOfText of planned.migrations) {
    const startedAt = performance.now();
    const before = planOfText.mayRemoveRows ? (counts ?? (await countRows(tx, ledger.table))) : undefined;
    const plan = await runMigration(client, tx, set, planOfText, { tenant, referencesOff });
    counts = undefined;
    if (before !== undefined) {
      counts = await countRows(tx, ledger.table);
      const losses = findRowLosses(plan, before, counts, allowRowLoss);
      if (losses.length > 0) throw new RowsLost(plan, losses);
    }
    // Between the parts of a migration a table may be away; before its end it has to be back.
    if (references !== undefined && plan.mayBreakReferences && plan.doneAfter === undefined && plan.done === 0) {
      const after = await checkReferences(tx, engine);
      checkNewViolations(plan, references, after, tenant);
      references = after;
    }
    const durationMs = performance.now() - startedAt;
    onEvent?.({ type: "run", direction: plan.direction, migration: plan.migration.name, durationMs });
  }
  if (usesJournal && ledger.hasChecksums) await dropEmptyJournal(tx);
  return true;
}

/** It is asked for where the ledger has no checksums, and where a migration takes several transactions. */
export function needsJournal({ ledger }: MigrationSet, planned: PlannedTransaction): boolean {
  return !ledger.hasChecksums || planned.migrations.some((plan) => plan.done > 0 || plan.doneAfter !== undefined);
}

/** Runs a migration and writes the ledger; the plan as it turned out, for what a program does is known only afterwards. */
async function runMigration(
  client: Client,
  tx: Transaction,
  set: MigrationSet,
  plan: MigrationPlan,
  options: { readonly tenant: string | undefined; readonly referencesOff: boolean },
): Promise<MigrationPlan> {
  const writes = ledgerWrites(set, plan);
  if (plan.code === undefined) {
    await (isOnServer(client) ? runStatements : runLocally)(tx, plan, writes, options.tenant);
    return plan;
  }
  try {
    const effects = await runLive(plan.code, client, tx, options.referencesOff);
    await tx.batch([...writes]);
    return { ...plan, effects, trace: traceTables(effects) };
  } catch (error) {
    if (error instanceof ForeignKeysInTheWay || isBusy(error)) throw error;
    throw migrationFailed(plan, undefined, error, options.tenant);
  }
}

/** Milliseconds after which other work of the process gets a turn. */
const maxStretchMs = 50;

/**
 * On a local database each statement is run and forgotten: it runs once, and a compiled statement that is kept costs more
 * than it saves.
 */
async function runLocally(
  tx: Transaction,
  plan: MigrationPlan,
  writes: readonly InStatement[],
  tenant: string | undefined,
): Promise<void> {
  let stretchBegan = performance.now();
  for (const [i, { sql, args }] of plan.statements.entries()) {
    try {
      if (args === undefined) await tx.executeMultiple(sql);
      else await tx.execute({ sql, args: [...args] });
    } catch (error) {
      if (isBusy(error)) throw error;
      throw migrationFailed(plan, i, error, tenant);
    }
    if (performance.now() - stretchBegan > maxStretchMs) {
      await nextTurn();
      stretchBegan = performance.now();
    }
  }
  try {
    await tx.batch([...writes]);
  } catch (error) {
    if (isBusy(error)) throw error;
    throw migrationFailed(plan, undefined, error, tenant);
  }
}

/** All statements of a migration and its entry in the ledger, in one round trip. */
async function runStatements(
  tx: Transaction,
  plan: MigrationPlan,
  writes: readonly InStatement[],
  tenant: string | undefined,
): Promise<void> {
  const { statements } = plan;
  try {
    await tx.batch([
      ...statements.map(({ sql, args }) => (args === undefined ? sql : { sql, args: [...args] })),
      ...writes,
    ]);
  } catch (error) {
    if (isBusy(error)) throw error;
    throw migrationFailed(plan, error instanceof LibsqlBatchError ? error.statementIndex : undefined, error, tenant);
  }
}

/** The error of a migration one of whose statements failed; `at` counts those of the plan. */
export function migrationFailed(
  plan: MigrationPlan,
  at: number | undefined,
  cause: unknown,
  tenant: string | undefined,
): MigrateError {
  const { migration, statements, direction } = plan;
  const failed = at === undefined ? undefined : statements[at];
  const place = failed === undefined ? "" : `, statement ${failed.index + 1}`;
  const path = direction === "down" ? (migration.downFile ?? migration.file) : migration.file;
  const file = failed === undefined ? path : `${path}:${failed.line}`;
  return new MigrateError(
    `${subject(tenant)}, migration ${migration.name}${place} (${file}): ${describeCause(cause)}. Everything was rolled back.`,
    "MIGRATION_FAILED",
    { tenant, migration: migration.name, statementIndex: failed?.index, cause },
  );
}
