import type { Client } from "@litefleet/driver";
import { upGoal } from "./goal.ts";
import type { MigrationSet } from "./migration.ts";
import type { MigrationOrder } from "./next-migrations.ts";
import type { RunHooks, RunOptions } from "./run-options.ts";
import { runToGoal } from "./run-to-goal.ts";

/** How pending migrations are applied to one database. */
export interface ApplyOptions extends RunOptions {
  /** The last migration to apply, by name: `"0003_add_plans"`. What is applied beyond it stays. Default: the newest. */
  readonly to?: string;
  /** Default `"strict"`. */
  readonly order?: MigrationOrder;
}

/** What was done to one database. */
export interface MigrateResult {
  readonly state: "migrated" | "up-to-date";
  /** Names of the migrations that this call applied, in order. */
  readonly applied: readonly string[];
  /** What the folder has beyond `to`, and what was skipped: names, in order. */
  readonly pending: readonly string[];
  readonly durationMs: number;
}

/** Applies what is pending in `set`, up to `options.to`. Errors are `MigrateError`s. */
export async function applyPending(
  client: Client,
  set: MigrationSet,
  options: ApplyOptions & RunHooks,
): Promise<MigrateResult> {
  const goal = upGoal(set, options);
  const { names, pending, durationMs } = await runToGoal(client, set, goal, { ...options, mayGuess: true });
  return { state: names.length > 0 ? "migrated" : "up-to-date", applied: names, pending, durationMs };
}
