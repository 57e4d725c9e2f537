import { LibsqlBatchError } from "@litefleet/driver";
import type { EngineName, Transaction } from "@litefleet/driver";
import type { ApplyOptions } from "./apply.ts";
import { MigrateError } from "./errors.ts";
import type { MigrationSet } from "./migration.ts";
import type { MigrationPlan, PlannedTransaction } from "./plan.ts";
import { nextMigrations } from "./next-migrations.ts";
import type { Wanted } from "./next-migrations.ts";
import { compareLedger, subject } from "./read-history.ts";
import { checkNewViolations, checkReferences } from "./safety/foreign-keys.ts";
import { countRows, findRowLosses } from "./safety/row-guard.ts";
import type { RowCounts } from "./safety/row-guard.ts";
import { RowsLost } from "./safety/row-loss.ts";
import { describeCause, isBusy } from "./tenant-errors.ts";

/**
 * Runs planned migrations inside `tx`, which holds the write lock, with every check short of the COMMIT. False, with
 * nothing done, if the ledger is no longer the one that was planned for. Throws {@link RowsLost} if rows would be.
 */
export async function runPlannedTransaction(
  tx: Transaction,
  set: MigrationSet,
  planned: PlannedTransaction,
  options: ApplyOptions & { readonly engine: EngineName; readonly wanted: Wanted },
): Promise<boolean> {
  const { ledger } = set;
  const { tenant, allowRowLoss = [] } = options;
  const [, entries] = await tx.batch([ledger.create, ledger.select]);
  if (entries === undefined) return false;
  // Nobody else can write now: are those that are planned still the next ones?
  const next = nextMigrations(set, compareLedger(set, entries, tenant), options.wanted);
  if (!planned.migrations.every((plan, i) => next[i] === plan.migration)) return false;
  const upgrade = ledger.upgrade?.(set.migrations, entries) ?? [];
  if (upgrade.length > 0) await tx.batch(upgrade);
  const referencesOff = planned.foreignKeys === "off";
  let references = referencesOff ? await checkReferences(tx, options.engine) : undefined;
  let counts: RowCounts | undefined;
  for (const plan of planned.migrations) {
    const before = plan.mayRemoveRows ? (counts ?? (await countRows(tx, ledger.table))) : undefined;
    await runStatements(tx, set, plan, tenant);
    counts = undefined;
    if (before !== undefined) {
      counts = await countRows(tx, ledger.table);
      const losses = findRowLosses(plan, before, counts, allowRowLoss);
      if (losses.length > 0) throw new RowsLost(plan, losses);
    }
    if (references !== undefined && plan.mayBreakReferences) {
      const after = await checkReferences(tx, options.engine);
      checkNewViolations(plan, references, after, tenant);
      references = after;
    }
  }
  return true;
}

/** All statements of a migration and its entry in the ledger, in one round trip. */
async function runStatements(
  tx: Transaction,
  set: MigrationSet,
  plan: MigrationPlan,
  tenant: string | undefined,
): Promise<void> {
  const { migration, statements } = plan;
  try {
    await tx.batch([...statements.map(({ sql }) => sql), set.ledger.record(migration)]);
  } catch (error) {
    if (isBusy(error)) throw error;
    const failed = error instanceof LibsqlBatchError ? statements[error.statementIndex] : undefined;
    const place = failed === undefined ? "" : `, statement ${failed.index + 1} of ${migration.statements.length}`;
    const file = failed === undefined ? migration.file : `${migration.file}:${failed.line}`;
    throw new MigrateError(
      `${subject(tenant)}, migration ${migration.name}${place} (${file}): ${describeCause(error)}. Everything was rolled back.`,
      "MIGRATION_FAILED",
      { tenant, migration: migration.name, statementIndex: failed?.index, cause: error },
    );
  }
}
