import type { History, Migration, MigrationSet } from "./migration.ts";
import { refuseDivergedHistory } from "./read-history.ts";

/**
 * What happens to a migration that was not applied although a newer one was, as it comes with a branch that is merged late.
 *
 * - `"strict"`: an error, `HISTORY_OUT_OF_ORDER`.
 * - `"allow"`: it is applied, before those that are newer than all.
 * - `"skip"`: it is left out, as drizzle-orm before 1.0 does without a word.
 */
export type MigrationOrder = "strict" | "allow" | "skip";

/** What is wanted of a folder. */
export interface Wanted {
  readonly migrations: ReadonlySet<Migration>;
  readonly order: MigrationOrder;
  readonly tenant: string | undefined;
}

/**
 * The migrations to apply next, in order.
 *
 * @throws {MigrateError} if they cannot be built on what is there; see {@link refuseDivergedHistory}.
 */
export function nextMigrations(set: MigrationSet, history: History, wanted: Wanted): Migration[] {
  const late = new Set(wanted.order === "allow" ? history.outOfOrder : []);
  const pending = new Set(history.pending);
  const next = set.migrations.filter((m) => wanted.migrations.has(m) && (late.has(m) || pending.has(m)));
  const outOfOrder = wanted.order === "strict" ? history.outOfOrder : [];
  refuseDivergedHistory({ ...history, outOfOrder, pending: next }, wanted.tenant);
  return next;
}
