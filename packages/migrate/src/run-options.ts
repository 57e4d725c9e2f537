import type { MigrationListener } from "./migration-event.ts";
import type { MigrationStep, TransactionScope } from "./plan.ts";

/** How migrations are run on one database, in either direction. */
export interface RunOptions {
  /** The name of the tenant in messages. */
  readonly tenant?: string;
  /** Default `"all"`. */
  readonly tx?: TransactionScope;
  /** False: what drops tables or columns or deletes rows is refused, before anything runs. Default true. */
  readonly allowDestructive?: boolean;
  /** Tables that may have fewer rows afterwards although no migration says so. Default none. */
  readonly allowRowLoss?: readonly string[];
  /** Milliseconds to wait for other writers, migrations included. Default 30,000. */
  readonly lockTimeoutMs?: number;
  /** Starts nothing new once it fires; a transaction under way is finished. */
  readonly signal?: AbortSignal;
  /** Hears what happens, as it does. */
  readonly onEvent?: MigrationListener;
}

/** What our own runs over a fleet add. */
export interface RunHooks {
  /** Runs before the first change, in no transaction, with what is to be done; what it throws ends the run with nothing changed. */
  readonly beforeFirst?: (steps: readonly MigrationStep[]) => Promise<void>;
  /** A database on a server may be taken for what the last ones were, if the server then checks it. Default false. */
  readonly mayGuess?: boolean;
}
