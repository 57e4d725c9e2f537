import type { Client } from "@litefleet/driver";
import type { RunHooks, RunOptions } from "./run-options.ts";
import { runToGoal } from "./run-to-goal.ts";
import { downGoal } from "./goal.ts";
import type { DownTarget } from "./goal.ts";
import { loadMigrations } from "./load-migrations.ts";
import type { MigrationSet } from "./migration.ts";
import type { SourceOptions } from "./source/source.ts";

/** Options of {@link down}. */
export interface DownOptions extends DownRunOptions, SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
}

/** How migrations are undone. */
export interface DownRunOptions extends RunOptions, DownTarget {}

/** What our own runs over a fleet add. */
export interface DownHooks extends RunHooks {
  /** Exactly these are undone, those of them that are there: what `steps` came to when it was decided. */
  readonly only?: readonly string[];
}

/** What was undone. */
export interface DownResult {
  readonly state: "reverted" | "unchanged";
  /** Names of the migrations that this call undid, newest first. */
  readonly reverted: readonly string[];
  /** What the database lacks now, in order. */
  readonly pending: readonly string[];
  readonly durationMs: number;
}

/**
 * Undoes the last migrations of one database, newest first: one, or as many as `steps` says, or all that are newer than
 * `to` (`"0"`: all). They share a transaction as those of `migrate` do, with the same guards. The client stays open.
 *
 * For formats that say how: dbmate, goose, golang-migrate, Flyway (`U` files) and Kysely.
 *
 * @throws {MigrateError} `DOWN_UNSUPPORTED` for a migration that does not say how, before anything is changed.
 * @example
 * const { reverted } = await down(client, { dir: "migrations", steps: 2 });
 */
export async function down(client: Client, options: DownOptions): Promise<DownResult> {
  return undo(client, await loadMigrations(options.dir, options), options);
}

/** {@link down} with a folder that was read before. */
export async function undo(
  client: Client,
  set: MigrationSet,
  options: DownRunOptions & DownHooks,
): Promise<DownResult> {
  const goal = downGoal(set, options, options.tenant);
  const { names, durationMs } = await runToGoal(client, set, goal, options);
  const left = new Set(names);
  const pending = set.migrations.filter(({ name }) => left.has(name)).map(({ name }) => name);
  return { state: names.length > 0 ? "reverted" : "unchanged", reverted: names, pending, durationMs };
}
