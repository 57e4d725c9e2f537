import { MigrateError } from "./errors.ts";
import type { Migration, MigrationStatement } from "./migration.ts";
import { readForeignKeyPragma, refusalInTransaction } from "./safety/transaction-rules.ts";
import { traceTables } from "./safety/table-trace.ts";
import type { TableTrace } from "./safety/table-trace.ts";
import { readEffect } from "./sql/effect.ts";
import type { Effect } from "./sql/effect.ts";

/**
 * How pending migrations share transactions.
 *
 * - `"all"`: one transaction for all of them: a tenant moves to the wanted version or not at all.
 * - `"file"`: one for each migration, in order: what was applied before a failure stays.
 */
export type TransactionScope = "all" | "file";

/** What one migration does, worked out from its text alone. */
export interface MigrationPlan {
  readonly migration: Migration;
  /** What runs: the file's statements without those that set foreign keys, which cannot be set inside a transaction. */
  readonly statements: readonly MigrationStatement[];
  /** Foreign keys have to be off: the file says so, or it rebuilds a table. */
  readonly needsForeignKeysOff: boolean;
  readonly trace: TableTrace;
  /** Rows may go: anything but DDL that leaves rows alone. */
  readonly mayRemoveRows: boolean;
  /** References may break: anything but new tables, indexes, views and triggers. */
  readonly mayBreakReferences: boolean;
}

/** Migrations that run in one transaction. */
export interface PlannedTransaction {
  readonly foreignKeys: "off" | undefined;
  readonly migrations: readonly MigrationPlan[];
}

/**
 * Works out how `migrations` run.
 *
 * @throws {MigrateError} `TRANSACTION_INCOMPATIBLE` for a statement that cannot run inside a transaction.
 */
export function planTransactions(migrations: readonly Migration[], scope: TransactionScope): PlannedTransaction[] {
  const plans = migrations.map(planMigration);
  const groups = scope === "all" && plans.length > 0 ? [plans] : plans.map((plan) => [plan]);
  return groups.map((group) => ({
    foreignKeys: group.some((plan) => plan.needsForeignKeysOff) ? "off" : undefined,
    migrations: group,
  }));
}

/** A plan is the same for every tenant. */
const plansOfMigrations = new WeakMap<Migration, MigrationPlan>();

function planMigration(migration: Migration): MigrationPlan {
  const known = plansOfMigrations.get(migration) ?? readPlan(migration);
  plansOfMigrations.set(migration, known);
  return known;
}

function readPlan(migration: Migration): MigrationPlan {
  const statements: MigrationStatement[] = [];
  const effects: Effect[] = [];
  let saysOff = false;
  for (const statement of migration.statements) {
    const foreignKeys = readForeignKeyPragma(statement.sql);
    if (foreignKeys !== undefined) {
      saysOff ||= foreignKeys === "off";
      continue;
    }
    const refusal = refusalInTransaction(statement.sql);
    if (refusal !== undefined) {
      throw new MigrateError(`${migration.file}:${statement.line}: ${refusal}`, "TRANSACTION_INCOMPATIBLE", {
        migration: migration.name,
        statementIndex: statement.index,
      });
    }
    statements.push(statement);
    effects.push(readEffect(statement.sql));
  }
  const trace = traceTables(effects);
  return {
    migration,
    statements,
    // A rebuild drops the table that others refer to. With foreign keys on, the drop deletes its rows first, and with them
    // every row that refers to one with ON DELETE CASCADE (https://www.sqlite.org/foreignkeys.html#fk_schemacommands).
    needsForeignKeysOff: saysOff || trace.rebuilt.length > 0,
    trace,
    mayRemoveRows: effects.some(mayRemoveRows),
    mayBreakReferences: effects.some((effect) => effect.kind !== "neutral" && !createsOnly(effect)),
  };
}

/** Inserts and updates count: a trigger or an ON CONFLICT REPLACE may delete. */
function mayRemoveRows(effect: Effect): boolean {
  return effect.kind !== "neutral" && effect.kind !== "rename" && effect.kind !== "add-column" && !createsOnly(effect);
}

function createsOnly(effect: Effect): boolean {
  return effect.kind === "create" && effect.copy === undefined;
}
