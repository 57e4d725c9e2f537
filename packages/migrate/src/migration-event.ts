/**
 * What happens while one database is migrated, in order.
 *
 * - `"begin"`: a transaction, or a statement outside of any, begins with these migrations.
 * - `"run"`: a migration's statements have run; nothing is committed yet. Not told by servers that get all in one request.
 * - `"commit"`: these migrations, of which the last may be done in part only, are there to stay.
 * - `"retry"`: somebody else was faster or in the way, and it is looked at anew.
 */
export type MigrationEvent =
  | { readonly type: "begin" | "commit"; readonly direction: "up" | "down"; readonly migrations: readonly string[] }
  | { readonly type: "run"; readonly direction: "up" | "down"; readonly migration: string; readonly durationMs: number }
  | { readonly type: "retry"; readonly reason: "busy" | "changed" };

/** Hears of {@link MigrationEvent}s. What it throws ends the run with that error. */
export type MigrationListener = (event: MigrationEvent) => void;
