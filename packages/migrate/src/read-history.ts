import type { Executor, ResultSet } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import type { History, MigrationSet } from "./migration.ts";

/** Reads how the database stands to `set`; without its ledger's table nothing is applied. Changes nothing. */
export async function readHistory(db: Executor, set: MigrationSet, tenant: string | undefined): Promise<History> {
  const found = await db.execute({
    sql: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
    args: [set.ledger.table],
  });
  return compareLedger(set, found.rows.length === 0 ? undefined : await db.execute(set.ledger.select), tenant);
}

/** Compares what the ledger's `select` answered with the folder. */
export function compareLedger(set: MigrationSet, result: ResultSet | undefined, tenant: string | undefined): History {
  try {
    return set.ledger.compare(set.migrations, result);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new MigrateError(
      `${subject(tenant)} has a table ${set.ledger.table} that this tool's migrator did not write: ${cause.message}. Name ` +
        `another one in ledgerTable (--ledger-table), or repair it.`,
      "LEDGER_INVALID",
      { tenant, cause },
    );
  }
}

/**
 * Refuses to build on a history that is not the folder's.
 *
 * @throws {MigrateError} `HISTORY_FAILED`, `HISTORY_EDITED`, `HISTORY_OUT_OF_ORDER`, or (only when there is something to apply, so that an
 *   older release can still start on a newer database) `HISTORY_MISSING`.
 */
export function refuseDivergedHistory(history: History, tenant: string | undefined): void {
  const [failed] = history.failed;
  if (failed !== undefined) {
    throw new MigrateError(
      `${subject(tenant)} has ${history.failed.join(", ")} begun and not finished. Look at what of it is there, make it whole ` +
        `or undo it by hand, and tell the tool which: prisma migrate resolve --applied or --rolled-back ${failed}.`,
      "HISTORY_FAILED",
      { tenant, migration: failed },
    );
  }
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
      `${subject(tenant)} has newer migrations than ${names(history.outOfOrder)}, which it lacks. Generate it anew so that ` +
        `it comes last, or apply it in spite of that with order "allow" (--order allow).`,
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
