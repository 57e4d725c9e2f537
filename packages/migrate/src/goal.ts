import { MigrateError } from "./errors.ts";
import type { Standing } from "./ledger/journal.ts";
import type { Migration, MigrationSet } from "./migration.ts";
import { nextMigrations } from "./next-migrations.ts";
import type { MigrationOrder } from "./next-migrations.ts";
import type { MigrationStep, PlannedTransaction } from "./plan.ts";
import { refuseDivergedHistory, subject } from "./read-history.ts";
import { migrationsUpTo } from "./up-to.ts";

/** Where a database is to get. */
export interface Goal {
  /**
   * What is left to do, in order, as the database stands.
   *
   * @throws {MigrateError} if nothing can be built on what is there.
   */
  next(standing: Standing): MigrationStep[];
}

/** Whether what was planned is what comes next. */
export function isNext(planned: PlannedTransaction, next: readonly MigrationStep[]): boolean {
  return planned.migrations.every(({ migration, direction, done }, i) => {
    const step = next[i];
    return step?.migration === migration && step.direction === direction && step.done === done;
  });
}

/** Everything up to `to` applied. */
export function upGoal(
  set: MigrationSet,
  options: { readonly to?: string; readonly order?: MigrationOrder; readonly tenant?: string },
): Goal {
  const { order = "strict", tenant } = options;
  const wanted = { migrations: migrationsUpTo(set, options.to), order, tenant };
  return {
    next: ({ history, done }) =>
      nextMigrations(set, history, wanted).map((migration) => ({
        migration,
        direction: "up",
        done: done.get(migration) ?? 0,
      })),
  };
}

/** How far back. One of both; default one step. */
export interface DownTarget {
  /** How many migrations to undo. */
  readonly steps?: number;
  /** The migration that is the last one afterwards, by name; `"0"` for none. */
  readonly to?: string;
}

/**
 * The last migrations undone, newest first. Which ones they are is decided by the first `standing`, so that of two that go
 * one step back at the same time only one does; or it was decided before, and `only` says so.
 *
 * @throws {RangeError} if `steps` is not a whole number from 1 on, or both are given.
 */
export function downGoal(
  set: MigrationSet,
  target: DownTarget & { readonly only?: readonly string[] },
  tenant: string | undefined,
): Goal {
  const { steps, to, only } = target;
  if (steps !== undefined && to !== undefined) throw new RangeError("Expected either steps or to, not both");
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new RangeError(`Expected steps as a whole number from 1 on, got ${steps}`);
  }
  const kept = to === undefined ? undefined : to === "0" ? new Set<Migration>() : migrationsUpTo(set, to);
  let targets = only && set.migrations.filter(({ name }) => only.includes(name)).toReversed();
  return {
    next: ({ history }) => {
      const isThere = new Set([...history.applied, ...history.edited]);
      targets ??= choose(set, isThere, kept, steps ?? 1);
      const left = targets.filter((migration) => isThere.has(migration));
      if (left.length > 0) {
        if (only !== undefined) refuseNewer(set, isThere, targets, tenant);
        refuseDivergedHistory({ ...history, outOfOrder: [], pending: left }, tenant);
        refuseWithoutDown(set, left, tenant);
      }
      return left.map((migration) => ({ migration, direction: "down", done: 0 }));
    },
  };
}

function choose(
  set: MigrationSet,
  isThere: ReadonlySet<Migration>,
  kept: ReadonlySet<Migration> | undefined,
  steps: number,
): Migration[] {
  const newestFirst = set.migrations.filter((m) => m.isRepeatable !== true && isThere.has(m)).toReversed();
  return kept === undefined ? newestFirst.slice(0, steps) : newestFirst.filter((m) => !kept.has(m));
}

/** What was applied since stays, and nothing is undone below it. */
function refuseNewer(
  set: MigrationSet,
  isThere: ReadonlySet<Migration>,
  targets: readonly Migration[],
  tenant: string | undefined,
): void {
  const oldest = set.migrations.findIndex((migration) => targets.includes(migration));
  const newer = set.migrations.find(
    (m, i) => i > oldest && m.isRepeatable !== true && isThere.has(m) && !targets.includes(m),
  );
  if (newer === undefined) return;
  throw new MigrateError(
    `${subject(tenant)}: ${newer.name} was applied after it was decided to undo ${targets.map(({ name }) => name).join(", ")}. ` +
      `Nothing was changed; see status, and go back anew.`,
    "HISTORY_OUT_OF_ORDER",
    { tenant, migration: newer.name },
  );
}

function refuseWithoutDown(set: MigrationSet, migrations: readonly Migration[], tenant: string | undefined): void {
  const lacking = migrations.find(({ down }) => down === undefined);
  if (lacking === undefined) return;
  const reason = ["drizzle-v0", "drizzle-v1", "prisma", "d1", "numbered"].includes(set.source)
    ? `migrations of the format ${set.source} only go forward. Write a new migration that undoes it`
    : `${lacking.file} does not say how to undo it. Add that, or write a new migration`;
  throw new MigrateError(`${lacking.name} cannot be undone: ${reason}.`, "DOWN_UNSUPPORTED", {
    tenant,
    migration: lacking.name,
  });
}
