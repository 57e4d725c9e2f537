import { MigrateError } from "./errors.ts";
import type { RunCode } from "./kysely/migration-code.ts";
import type { Migration, MigrationStatement } from "./migration.ts";
import { readForeignKeyPragma, refusalInMigration, runsOutsideOnly } from "./safety/transaction-rules.ts";
import { fold, traceTables } from "./safety/table-trace.ts";
import type { TableTrace } from "./safety/table-trace.ts";
import { readEffect } from "./sql/effect.ts";
import type { Effect } from "./sql/effect.ts";

/**
 * How pending migrations share transactions.
 *
 * - `"all"`: one transaction for all of them: a tenant moves to the wanted version or not at all.
 * - `"file"`: one for each migration, in order: what was applied before a failure stays.
 * - `"none"`: one for each statement. A run that was cut off goes on with the next statement.
 *
 * A statement that cannot be in a transaction (`VACUUM`, `PRAGMA journal_mode`) divides it, and so does a file that says that
 * it is not to be in one; what was done before that stays.
 */
export type TransactionScope = "all" | "file" | "none";

/** A migration to be applied or undone. */
export interface MigrationStep {
  readonly migration: Migration;
  readonly direction: "up" | "down";
  /** How many statements of its file are done already. */
  readonly done: number;
}

/** What one migration, or a part of it, does, worked out from its text alone. */
export interface MigrationPlan extends MigrationStep {
  /** What runs: the file's statements without those that set foreign keys, which cannot be set inside a transaction. */
  readonly statements: readonly MigrationStatement[];
  /** Statements of the file that are done afterwards; `undefined` if that is all of it. */
  readonly doneAfter: number | undefined;
  /** Foreign keys have to be off: the file says so, or it rebuilds a table. */
  readonly needsForeignKeysOff: boolean;
  readonly effects: readonly Effect[];
  readonly trace: TableTrace;
  /** Rows may go: anything but DDL that leaves rows alone. */
  readonly mayRemoveRows: boolean;
  /** References may break: anything but new tables, indexes, views and triggers. */
  readonly mayBreakReferences: boolean;
  /** Runs in place of `statements`. */
  readonly code: RunCode | undefined;
}

/** Migrations, or parts of them, that run in one transaction; or one statement that runs outside of any. */
export interface PlannedTransaction {
  readonly kind: "transaction" | "outside";
  readonly foreignKeys: "off" | undefined;
  readonly migrations: readonly MigrationPlan[];
}

/** A part of a migration that runs in one go. */
interface Part {
  readonly statements: readonly MigrationStatement[];
  readonly isOutside: boolean;
  readonly doneAfter: number | undefined;
}

/**
 * Works out how `steps` run.
 *
 * @throws {MigrateError} `TRANSACTION_INCOMPATIBLE` for a statement that cannot be in a migration.
 */
export function planTransactions(steps: readonly MigrationStep[], scope: TransactionScope): PlannedTransaction[] {
  const transactions: PlannedTransaction[] = [];
  let open: MigrationPlan[] | undefined;
  const close = (): void => {
    if (open !== undefined) transactions.push(together("transaction", open));
    open = undefined;
  };
  for (const step of steps) {
    const isAlone = scope === "none" || (step.migration.outsideTransaction === true && step.direction === "up");
    if (scope !== "all" || isAlone) close();
    for (const [i, part] of partsOf(step, isAlone).entries()) {
      if (isAlone && i > 0) close();
      const plan = planPart(step, part);
      if (part.isOutside) {
        close();
        transactions.push(together("outside", [plan]));
      } else (open ??= []).push(plan);
    }
    if (isAlone) close();
  }
  close();
  return transactions;
}

function together(kind: PlannedTransaction["kind"], migrations: readonly MigrationPlan[]): PlannedTransaction {
  return { kind, foreignKeys: migrations.some((plan) => plan.needsForeignKeysOff) ? "off" : undefined, migrations };
}

/** The statements that a step runs. */
export function statementsOf({ migration, direction }: MigrationStep): readonly MigrationStatement[] {
  return direction === "up" ? migration.statements : (migration.down ?? []);
}

/** What a statement is, as its text tells it. */
interface StatementRule {
  /** It sets or reads whether foreign keys are enforced. */
  readonly foreignKeys: "on" | "off" | "read" | undefined;
  readonly refusal: string | undefined;
  readonly isOutside: boolean;
  readonly effect: Effect;
}

/** A statement is the same for every tenant. */
const rulesOfStatements = new WeakMap<MigrationStatement, StatementRule>();

function ruleOf(statement: MigrationStatement): StatementRule {
  const known = rulesOfStatements.get(statement);
  if (known !== undefined) return known;
  const { sql } = statement;
  const rule: StatementRule = {
    foreignKeys: readForeignKeyPragma(sql),
    refusal: refusalInMigration(sql),
    isOutside: runsOutsideOnly(sql),
    effect: readEffect(sql),
  };
  rulesOfStatements.set(statement, rule);
  return rule;
}

/** Cuts a migration where a transaction has to end; once for each statement if it `isAlone`. */
function partsOf(step: MigrationStep, isAlone: boolean): Part[] {
  const parts: { statements: MigrationStatement[]; isOutside: boolean }[] = [];
  for (const statement of statementsOf(step).slice(step.done)) {
    const { foreignKeys, refusal, isOutside } = ruleOf(statement);
    if (foreignKeys !== undefined) continue;
    if (refusal !== undefined) throw incompatible(step, statement, refusal);
    if (isOutside && step.direction === "down") {
      throw incompatible(step, statement, "It cannot run inside a transaction, in which everything is undone.");
    }
    const last = parts.at(-1);
    if (last === undefined || isAlone || isOutside || last.isOutside)
      parts.push({ statements: [statement], isOutside });
    else last.statements.push(statement);
  }
  // What was only looked at is recorded too: a file of comments.
  if (parts.length === 0 || parts.at(-1)?.isOutside === true) parts.push({ statements: [], isOutside: false });
  return parts.map((part, i) => ({
    ...part,
    doneAfter: i === parts.length - 1 ? undefined : (part.statements.at(-1)?.index ?? 0) + 1,
  }));
}

function incompatible(
  { migration, direction }: MigrationStep,
  statement: MigrationStatement,
  refusal: string,
): MigrateError {
  const file = direction === "down" ? (migration.downFile ?? migration.file) : migration.file;
  return new MigrateError(`${file}:${statement.line}: ${refusal}`, "TRANSACTION_INCOMPATIBLE", {
    migration: migration.name,
    statementIndex: statement.index,
  });
}

/** A whole migration's plan is the same for every tenant. */
const plansOfMigrations = new WeakMap<Migration, MigrationPlan>();

function planPart(step: MigrationStep, part: Part): MigrationPlan {
  if (step.direction === "down" || step.done > 0 || part.doneAfter !== undefined) return readPlan(step, part);
  const known = plansOfMigrations.get(step.migration);
  if (known !== undefined && known.statements.length === part.statements.length) return known;
  const plan = readPlan(step, part);
  plansOfMigrations.set(step.migration, plan);
  return plan;
}

function readPlan(step: MigrationStep, { statements, doneAfter }: Part): MigrationPlan {
  const { migration, direction } = step;
  const code = direction === "up" ? migration.code?.up : migration.code?.down;
  const effects = statements.map((statement) => ruleOf(statement).effect);
  const trace = traceTables(effects);
  const saysOff = statementsOf(step).some((statement) => ruleOf(statement).foreignKeys === "off");
  return {
    ...step,
    statements,
    doneAfter,
    // A rebuild drops the table that others refer to. With foreign keys on, the drop deletes its rows first, and with them
    // every row that refers to one with ON DELETE CASCADE (https://www.sqlite.org/foreignkeys.html#fk_schemacommands).
    needsForeignKeysOff: saysOff || rebuildsTables(step),
    effects,
    trace,
    mayRemoveRows: code !== undefined || (effects.some(mayRemoveRows) && !fillsNewTables(statements, effects)),
    mayBreakReferences:
      code !== undefined || effects.some((effect) => effect.kind !== "neutral" && !createsOnly(effect)),
    code,
  };
}

/** Looks at the whole migration, of which only a part may be planned. */
function rebuildsTables(step: MigrationStep): boolean {
  return traceTables(statementsOf(step).map((statement) => ruleOf(statement).effect)).rebuilt.length > 0;
}

/** Inserts and updates count: a trigger or an ON CONFLICT REPLACE may delete. */
function mayRemoveRows(effect: Effect): boolean {
  return !["neutral", "rename", "add-column", "drop-column"].includes(effect.kind) && !createsOnly(effect);
}

/**
 * The migration makes tables and puts rows into these, and nothing in its text could take any away: no trigger, and no
 * conflict that is resolved by replacing.
 */
function fillsNewTables(statements: readonly MigrationStatement[], effects: readonly Effect[]): boolean {
  const made = new Set<string>();
  for (const effect of effects) {
    if (effect.kind === "create" && !effect.ifNotExists) made.add(fold(effect.table));
    else if (effect.kind === "insert" && !made.has(fold(effect.table))) return false;
    else if (!["create", "insert", "neutral", "add-column"].includes(effect.kind)) return false;
  }
  return statements.every(({ sql }) => !/\b(?:TRIGGER|REPLACE)\b/iu.test(sql));
}

function createsOnly(effect: Effect): boolean {
  return effect.kind === "create" && effect.copy === undefined;
}
