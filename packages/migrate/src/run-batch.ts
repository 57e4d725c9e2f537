import { LibsqlBatchError } from "@litefleet/driver";
import type { Client, InStatement, ResultSet } from "@litefleet/driver";
import { createJournal, journalTable, noteTexts, selectJournal } from "./ledger/journal.ts";
import { ledgerWrites } from "./ledger/ledger-writes.ts";
import type { MigrationSet } from "./migration.ts";
import type { MigrationPlan, PlannedTransaction } from "./plan.ts";
import { needsJournal } from "./run-transaction.ts";
import type { HistoryReading } from "./read-history.ts";
import { fingerprintGuard, guardFailure, textGuard } from "./safety/fingerprint.ts";
import { countedTables, selectObjects } from "./safety/row-guard.ts";
import type { SchemaObject } from "./safety/row-guard.ts";
import { fold } from "./safety/table-trace.ts";
import { quoteIdentifier } from "./sql/quote.ts";
import { isBusy } from "./tenant-errors.ts";

/** Holds the row counts of before until the COMMIT; no other connection ever sees it. */
const countsTable = "_litefleet_counts";

/**
 * Runs planned migrations on a server in one request: a batch that begins with a comparison of the ledger with what was read, holds every
 * check, and commits only if all of it succeeds. False, with nothing done, if it did not, for whatever reason: then the
 * slow way has to find out why.
 *
 * Errors of the connection are thrown as they come; with `OUTCOME_UNKNOWN` the ledger has to tell.
 */
export async function runAsBatch(
  client: Client,
  set: MigrationSet,
  planned: PlannedTransaction,
  read: HistoryReading,
  options: { readonly allowRowLoss?: readonly string[]; readonly isGuess: boolean },
): Promise<boolean> {
  const script = toScript(set, planned, read, options);
  if (script === undefined) return false;
  try {
    await client.batch(script, "write", { foreignKeys: planned.foreignKeys });
    return true;
  } catch (error) {
    if (isBusy(error)) throw error;
    // A statement or a check failed; or the COMMIT did, of which SQLite says that a constraint was broken.
    if (error instanceof LibsqlBatchError || isConstraint(error)) return false;
    throw error;
  }
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_CONSTRAINT");
}

/** The batch; `undefined` for what only the slow way can do. */
function toScript(
  set: MigrationSet,
  { migrations, foreignKeys }: PlannedTransaction,
  { rows, objects, standing }: HistoryReading,
  { allowRowLoss = [], isGuess }: { readonly allowRowLoss?: readonly string[]; readonly isGuess: boolean },
): InStatement[] | undefined {
  const { ledger } = set;
  if (objects === undefined || migrations.some(({ code, effects }) => code !== undefined || effects.some(isUnknown))) {
    return undefined;
  }
  const script: InStatement[] = [];
  const usesJournal = needsJournal(set, { kind: "transaction", foreignKeys, migrations });
  // With the journal of a ledger that needs none goes a table that is to be dropped when it is empty.
  if (usesJournal && ledger.hasChecksums) return undefined;
  const isUnchanged = guardTable(ledger.table, ledger.select, rows.ledger);
  if (isUnchanged === undefined) return undefined;
  script.push(isUnchanged);
  // Whoever has not looked at the database knows nothing of its tables.
  if (isGuess) script.push(guardObjects(objects));
  script.push(...ledger.create);
  if (usesJournal) {
    const isSame = guardTable(journalTable, selectJournal(ledger), rows.journal);
    if (isSame === undefined) return undefined;
    script.push(isSame, createJournal);
    script.push(
      ...noteTexts(
        ledger,
        standing.history.applied.filter((m) => !standing.journaled.has(m.name)),
      ),
    );
  }
  if (rows.ledger !== undefined) script.push(...(ledger.upgrade?.(set.migrations, rows.ledger) ?? []));
  const guards = new RowCountGuards(countedTables(objects, ledger.table), allowRowLoss);
  for (const [i, plan] of migrations.entries()) {
    script.push(...guards.before(plan, i));
    for (const { sql, args } of plan.statements) script.push(args === undefined ? sql : { sql, args: [...args] });
    script.push(...ledgerWrites(set, plan), ...guards.after(plan, i));
    if (foreignKeys === "off" && plan.mayBreakReferences) script.push(noViolations);
  }
  if (!guards.isUsed) return script;
  const checks = script.splice(0, isGuess ? 2 : 1);
  return [...checks, `CREATE TABLE ${countsTable} (migration, name, n)`, ...script, `DROP TABLE ${countsTable}`];
}

const noViolations = `SELECT CASE WHEN EXISTS (SELECT 1 FROM pragma_foreign_key_check) THEN ${guardFailure} ELSE 1 END`;

function isUnknown({ kind }: MigrationPlan["effects"][number]): boolean {
  return kind === "unknown";
}

/** Fails the batch if a table does not hold any more what was read. */
function guardTable(table: string, select: InStatement, rows: ResultSet | undefined): InStatement | undefined {
  if (rows !== undefined) return fingerprintGuard(select, rows);
  return {
    sql: `SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?) THEN ${guardFailure} ELSE 1 END`,
    args: [table],
  };
}

/** Fails the batch if the schema holds other objects. */
function guardObjects(objects: readonly SchemaObject[]): InStatement {
  const text = objects.map(({ type, name, sql }) => `${type} ${name} ${sql}`).join("\n");
  const line = "type || ' ' || name || ' ' || coalesce(sql, '')";
  return textGuard(`SELECT group_concat(${line}, char(10)) FROM (${selectObjects})`, [], text === "" ? null : text);
}

/** SQLite takes 500 parts of a compound SELECT; a hundred keep statements short. */
const tablesPerStatement = 100;

/** Counts rows before and after a migration, inside the batch, and fails it where they got fewer. */
class RowCountGuards {
  /** Tables as they are called at this point of the batch, by their names in small letters. */
  readonly #tables: Map<string, string>;
  readonly #allowed: ReadonlySet<string>;
  #isUsed = false;

  constructor(tables: readonly string[], allowed: readonly string[]) {
    this.#tables = new Map(tables.map((table) => [fold(table), table]));
    this.#allowed = new Set(allowed.map(fold));
  }

  get isUsed(): boolean {
    return this.#isUsed;
  }

  before(plan: MigrationPlan, migration: number): InStatement[] {
    if (!plan.mayRemoveRows) return [];
    return chunks(this.#guarded(plan)).map((tables) => ({
      sql: `INSERT INTO ${countsTable} ${tables
        .map(({ from }) => `SELECT ?, ?, count(*) FROM ${quoteIdentifier(from)}`)
        .join(" UNION ALL ")}`,
      args: tables.flatMap(({ from }) => [migration, from]),
    }));
  }

  /** Call after {@link before}, for it also follows the tables through the migration. */
  after(plan: MigrationPlan, migration: number): InStatement[] {
    const guarded = plan.mayRemoveRows ? this.#guarded(plan) : [];
    if (guarded.length > 0) this.#isUsed = true;
    this.#follow(plan);
    return chunks(guarded).map((tables) => ({
      sql: `SELECT CASE WHEN ${tables
        .map(
          ({ to }) =>
            `(SELECT count(*) FROM ${quoteIdentifier(to)}) < (SELECT n FROM ${countsTable} WHERE migration = ? AND name = ?)`,
        )
        .join(" OR ")} THEN ${guardFailure} ELSE 1 END`,
      args: tables.flatMap(({ from }) => [migration, from]),
    }));
  }

  #guarded(plan: MigrationPlan): { readonly from: string; readonly to: string }[] {
    return [...this.#tables.values()].flatMap((from) => {
      const fate = plan.trace.fateOf(from);
      return fate.kind === "may-lose" || this.#allowed.has(fold(from)) ? [] : [{ from, to: fate.table }];
    });
  }

  #follow({ effects }: MigrationPlan): void {
    for (const effect of effects) {
      if (effect.kind === "create") this.#tables.set(fold(effect.table), effect.table);
      else if (effect.kind === "drop") this.#tables.delete(fold(effect.table));
      else if (effect.kind === "rename" && this.#tables.delete(fold(effect.table))) {
        this.#tables.set(fold(effect.to), effect.to);
      }
    }
  }
}

function chunks<T>(items: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < items.length; from += tablesPerStatement) {
    parts.push(items.slice(from, from + tablesPerStatement));
  }
  return parts;
}
