import type { Client } from "@litefleet/driver";
import { loadMigrations } from "./load-migrations.ts";
import type { MigrationSet } from "./migration.ts";
import { planTransactions } from "./plan.ts";
import type { MigrationStep, TransactionScope } from "./plan.ts";
import { downGoal, upGoal } from "./goal.ts";
import type { DownTarget, Goal } from "./goal.ts";
import type { MigrationOrder } from "./next-migrations.ts";
import { compareLedger, readHistory } from "./read-history.ts";
import type { SourceOptions } from "./source/source.ts";
import { findDestructive } from "./safety/destructive.ts";
import type { DestructiveStatement } from "./safety/destructive.ts";
import { engineRefusals } from "./safety/engine-refusals.ts";
import { fold } from "./safety/table-trace.ts";
import { quoteIdentifier } from "./sql/quote.ts";

/** What a plan is made for. */
export interface PlanSelection {
  /** The last migration to apply, by name. Default: the newest. */
  readonly to?: string;
  /** Default `"strict"`. */
  readonly order?: MigrationOrder;
  /** Default `"all"`. */
  readonly tx?: TransactionScope;
  /** Plans what `down` would do in place of what `migrate` would. */
  readonly down?: DownTarget;
  /** The name of the tenant in messages. */
  readonly tenant?: string;
}

/** Options of {@link planMigrations}. */
export interface PlanOptions extends PlanSelection, SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
}

/** A statement that would run. */
export interface PlannedStatement {
  readonly migration: string;
  /** In the migration's file, counted from 0. */
  readonly statementIndex: number;
  readonly line: number;
  readonly sql: string;
}

/** What would run in one transaction, or outside of any. */
export interface PlannedGroup {
  readonly kind: "transaction" | "outside";
  /** `"off"`: during the transaction, with a check before its COMMIT. */
  readonly foreignKeys: "on" | "off";
  readonly statements: readonly PlannedStatement[];
}

/** A table of the database that the plan rebuilds, empties or changes. */
export interface TouchedTable {
  readonly table: string;
  /** Rows that it has now. */
  readonly rows: number;
  readonly rebuilt: boolean;
}

/** What `migrate` or `down` would do to one database. */
export interface MigrationsPlan {
  readonly state: "up-to-date" | "pending";
  /** Names, in the order in which they would run. */
  readonly migrations: readonly string[];
  /** Those of them that are programs, whose statements are known only when they run. */
  readonly programs: readonly string[];
  readonly transactions: readonly PlannedGroup[];
  /** What takes data away. Not empty: `up` asks, or wants `--allow-destructive`. */
  readonly destructive: readonly DestructiveStatement[];
  readonly tables: readonly TouchedTable[];
  /** Statements that the engine of this database refuses. */
  readonly refused: readonly (PlannedStatement & { readonly reason: string })[];
}

/**
 * Works out what `migrate` (or with `down`, `down`) would do to one database, without changing anything. The client stays open.
 *
 * @throws {MigrateError} as `migrate` does for a history that nothing can be built on.
 * @example
 * const { transactions, destructive } = await planMigrations(client, { dir: "drizzle" });
 */
export async function planMigrations(client: Client, options: PlanOptions): Promise<MigrationsPlan> {
  return planFor(client, await loadMigrations(options.dir, options), options);
}

/** {@link planMigrations} with a folder that was read before; a database that does not exist is `undefined`. */
export async function planFor(
  client: Client | undefined,
  set: MigrationSet,
  options: PlanSelection,
): Promise<MigrationsPlan> {
  const { tenant, tx = "all" } = options;
  const goal: Goal = options.down === undefined ? upGoal(set, options) : downGoal(set, options.down, tenant);
  const standing =
    client === undefined
      ? compareLedger(set, { ledger: undefined, journal: undefined }, tenant)
      : await readHistory(client, set, tenant);
  const steps = goal.next(standing);
  const planned = planTransactions(steps, tx);
  const transactions = planned.map(({ kind, foreignKeys, migrations }): PlannedGroup => {
    const statements = migrations.flatMap(({ migration, statements: list }) =>
      list.map(({ sql, index, line }) => ({ migration: migration.name, statementIndex: index, line, sql })),
    );
    return { kind, foreignKeys: foreignKeys ?? "on", statements };
  });
  return {
    state: steps.length > 0 ? "pending" : "up-to-date",
    migrations: steps.map(({ migration }) => migration.name),
    programs: steps.filter(isProgram).map(({ migration }) => migration.name),
    transactions,
    destructive: findDestructive(steps),
    tables: client === undefined ? [] : await readTouched(client, planned),
    refused: client === undefined ? [] : findRefused(client, transactions),
  };
}

function isProgram({ migration, direction }: MigrationStep): boolean {
  return migration.code?.[direction] !== undefined;
}

function findRefused(client: Client, groups: readonly PlannedGroup[]): MigrationsPlan["refused"] {
  const { engine } = client.status();
  const own = engine === "remote" || engine === "replica" ? "sqld" : engine === "libsql" ? undefined : engine;
  return groups.flatMap(({ statements }) =>
    statements.flatMap((statement) =>
      engineRefusals(statement.sql)
        .filter((refusal) => refusal.engine === own || (refusal.engine === "sqlite" && own === "turso"))
        .slice(0, 1)
        .map(({ reason }) => ({ ...statement, reason })),
    ),
  );
}

/** The tables of before that statements change, with their rows. */
async function readTouched(client: Client, planned: ReturnType<typeof planTransactions>): Promise<TouchedTable[]> {
  const plans = planned.flatMap(({ migrations }) => migrations);
  const rebuilt = new Set(plans.flatMap(({ trace }) => trace.rebuilt.map(fold)));
  const touched = new Set(rebuilt);
  for (const { effects } of plans) {
    for (const effect of effects) {
      if ("table" in effect && ["drop", "delete", "update", "insert", "drop-column"].includes(effect.kind)) {
        touched.add(fold(effect.table));
      }
    }
  }
  if (touched.size === 0) return [];
  const { rows } = await client.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  const tables: TouchedTable[] = [];
  for (const row of rows) {
    const table = String(row["name"]);
    if (!touched.has(fold(table))) continue;
    const counted = await client.execute(`SELECT count(*) AS n FROM ${quoteIdentifier(table)}`);
    tables.push({ table, rows: Number(counted.rows[0]?.["n"]), rebuilt: rebuilt.has(fold(table)) });
  }
  return tables;
}
