import type { Executor } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import type { History, LedgerEntry, MigrationSet } from "./migration.ts";

/** Reads the ledger; empty if its table does not exist. Changes nothing. */
export async function readLedger(db: Executor, set: MigrationSet, tenant: string | undefined): Promise<LedgerEntry[]> {
  const { ledger } = set;
  const found = await db.execute({
    sql: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
    args: [ledger.table],
  });
  if (found.rows.length === 0) return [];
  const result = await db.execute(ledger.select);
  try {
    return ledger.parse(result);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MigrateError(
      `${subject(tenant)} has a table ${ledger.table} that this tool's migrator did not write: ${why}. Name another one ` +
        `in ledgerTable (--ledger-table), or repair it.`,
      "LEDGER_INVALID",
      { tenant, cause },
    );
  }
}

/**
 * Refuses to build on a history that is not the folder's.
 *
 * @throws {MigrateError} `HISTORY_EDITED`, `HISTORY_OUT_OF_ORDER`, or (only when there is something to apply, so that an
 *   older release can still start on a newer database) `HISTORY_MISSING`.
 */
export function refuseDivergedHistory(history: History, tenant: string | undefined): void {
  const [edited] = history.edited;
  if (edited !== undefined) {
    throw new MigrateError(
      `${subject(tenant)} was migrated with another text of ${names(history.edited)}. Restore the file as it was when it ` +
        `was applied, and put the change into a new migration.`,
      "HISTORY_EDITED",
      { tenant, migration: edited.name },
    );
  }
  const [outOfOrder] = history.outOfOrder;
  if (outOfOrder !== undefined) {
    throw new MigrateError(
      `${subject(tenant)} has newer migrations than ${names(history.outOfOrder)}, which it lacks (drizzle would pass over ` +
        `it without a word). Generate it anew so that it comes last: drizzle-kit drop, then drizzle-kit generate.`,
      "HISTORY_OUT_OF_ORDER",
      { tenant, migration: outOfOrder.name },
    );
  }
  if (history.missing.length > 0 && history.pending.length > 0) {
    throw new MigrateError(
      `${subject(tenant)} has ${history.missing.length} migration(s) that the folder lacks, so ` +
        `${names(history.pending)} cannot be built on it. Restore the missing files from version control.`,
      "HISTORY_MISSING",
      { tenant, migration: history.pending[0]?.name },
    );
  }
}

/** How messages call the database. */
export function subject(tenant: string | undefined): string {
  return tenant === undefined ? "The database" : `Tenant ${tenant}`;
}

function names(migrations: readonly { readonly name: string }[]): string {
  return migrations.map((migration) => migration.name).join(", ");
}
