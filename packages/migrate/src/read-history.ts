import type { Executor, InStatement, ResultSet } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import { journalTable, readStanding, selectJournal } from "./ledger/journal.ts";
import type { Standing } from "./ledger/journal.ts";
import type { History, Ledger, MigrationSet } from "./migration.ts";
import { readObjects, selectObjects } from "./safety/row-guard.ts";
import type { SchemaObject } from "./safety/row-guard.ts";
import { quoteIdentifier } from "./sql/quote.ts";

/** What the two tables hold; `undefined` for one that is not there. */
export interface LedgerRows {
  readonly ledger: ResultSet | undefined;
  readonly journal: ResultSet | undefined;
}

/** What was read of a database's history. */
export interface HistoryReading {
  readonly standing: Standing;
  readonly rows: LedgerRows;
  /** What the schema holds, where it was asked for. */
  readonly objects: readonly SchemaObject[] | undefined;
}

/** How the database stands to `set`; without its ledger's table nothing is applied. Changes nothing. */
export async function readHistory(db: Executor, set: MigrationSet, tenant: string | undefined): Promise<Standing> {
  return (await readWithRows(db, set, { tenant, withObjects: false })).standing;
}

/** Folders of which the last database had nothing pending: then the next one is asked for its ledger alone. */
const lastWasDone = new WeakSet<MigrationSet>();

/** {@link readHistory} with what it was told from, and the names in the schema if asked. */
export async function readWithRows(
  db: Executor,
  set: MigrationSet,
  options: { readonly tenant: string | undefined; readonly withObjects: boolean },
): Promise<HistoryReading> {
  const { ledger } = set;
  const { tenant, withObjects } = options;
  const readLedger = (): Promise<unknown> => db.execute(ledger.select).catch((error: unknown) => error);
  const readSchema = (): Promise<ResultSet> => db.execute(withObjects ? selectObjects : selectTables(ledger));
  let answer: unknown;
  let objects: SchemaObject[] | undefined;
  if (!ledger.hasChecksums) {
    // The journal is needed in any case. To a server these travel together.
    const [rows, schema] = await Promise.all([readLedger(), readSchema()]);
    [answer, objects] = [rows, readObjects(schema)];
  } else {
    const asksMore = withObjects && !lastWasDone.has(set);
    [answer, objects] = await Promise.all([readLedger(), asksMore ? readObjectsIfPending(db, set) : undefined]);
    const done = isResultSet(answer) ? standingIfDone(set, answer, tenant) : undefined;
    if (done === undefined) lastWasDone.delete(set);
    else lastWasDone.add(set);
    if (done !== undefined) return done;
  }
  objects ??= readObjects(await readSchema());
  const has = (table: string): boolean => objects.some(({ type, name }) => type === "table" && name === table);
  const journal = has(journalTable) ? await db.execute(selectJournal(ledger)) : undefined;
  // The table may have come between the two reads; any other error says itself again.
  const entries = !has(ledger.table) ? undefined : isResultSet(answer) ? answer : await db.execute(ledger.select);
  const rows = { ledger: entries, journal };
  return { standing: compareLedger(set, rows, tenant), rows, objects: withObjects ? objects : undefined };
}

function selectTables(ledger: Ledger): InStatement {
  return {
    sql: "SELECT type, name, NULL AS sql FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?)",
    args: [ledger.table, journalTable],
  };
}

/**
 * What the schema holds, if the ledger is not there or has fewer rows than the folder has migrations: what is up to date need not
 * send its schema. `undefined` if that was not enough to know.
 */
async function readObjectsIfPending(
  db: Executor,
  { ledger, migrations }: MigrationSet,
): Promise<SchemaObject[] | undefined> {
  const table = quoteIdentifier(ledger.table);
  const [whereMissing, wherePending] = await Promise.allSettled([
    db.execute({
      sql: `${selectObjects} AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)`,
      args: [ledger.table],
    }),
    // Without the table this one fails.
    db.execute({ sql: `${selectObjects} AND (SELECT count(*) FROM ${table}) < ?`, args: [migrations.length] }),
  ]);
  if (wherePending.status === "fulfilled") {
    return wherePending.value.rows.length > 0 ? readObjects(wherePending.value) : undefined;
  }
  const isMissing = /no such table/iu.test(String(wherePending.reason));
  return isMissing && whereMissing.status === "fulfilled" ? readObjects(whereMissing.value) : undefined;
}

/** One read is enough where the ledger knows everything, and nothing is pending that could have been begun. */
function standingIfDone(set: MigrationSet, ledger: ResultSet, tenant: string | undefined): HistoryReading | undefined {
  const rows = { ledger, journal: undefined };
  const standing = compareLedger(set, rows, tenant);
  const { pending, outOfOrder } = standing.history;
  return pending.length + outOfOrder.length === 0 ? { standing, rows, objects: undefined } : undefined;
}

function isResultSet(value: unknown): value is ResultSet {
  return typeof value === "object" && value !== null && "rows" in value;
}

/** Compares what the tables hold with the folder. */
export function compareLedger(set: MigrationSet, rows: LedgerRows, tenant: string | undefined): Standing {
  const { ledger, migrations } = set;
  try {
    return readStanding(ledger, migrations, ledger.compare(migrations, rows.ledger), rows.journal);
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
        `or undo it by hand, and say which: litefleet-migrate resolve --applied ${failed}, or --rolled-back ${failed}.`,
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
