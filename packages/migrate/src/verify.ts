import type { Client } from "@litefleet/driver";
import { loadMigrations } from "./load-migrations.ts";
import type { MigrationSet } from "./migration.ts";
import { statusOf } from "./status.ts";
import type { MigrationStatus, StatusOptions } from "./status.ts";

/** Something in a database's history that is not as the folder says. */
export interface HistoryProblem {
  readonly kind: "edited" | "failed" | "missing" | "out-of-order";
  /** The migration's name, or for what is missing the entry that the ledger holds. */
  readonly migration: string;
  /** What it means and what to do. */
  readonly message: string;
}

/** What {@link verify} found. */
export interface VerifyResult extends MigrationStatus {
  /** Nothing is edited, missing, out of order or failed. Migrations may be pending. */
  readonly ok: boolean;
  readonly problems: readonly HistoryProblem[];
}

const meanings = {
  edited:
    "Its file has changed since it was applied. Restore the file, or take the new text for the one that was applied with repair.",
  failed: "It was begun and not finished. Look at what of it is there, then resolve it as applied or as rolled back.",
  missing: "It was applied, but no file of the folder is it. Restore the file, or forget the entry with repair.",
  "out-of-order": 'It was not applied, although a newer one was. Generate it anew, or apply it with order "allow".',
} as const;

/**
 * Checks that a database's history is the folder's: what was applied is there, with the same text, in order and whole.
 * Changes nothing. The client stays open.
 *
 * @throws {MigrateError} `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `LEDGER_INVALID`.
 * @example
 * const { ok, problems } = await verify(client, { dir: "drizzle" });
 */
export async function verify(client: Client, options: StatusOptions): Promise<VerifyResult> {
  return verifyWith(client, await loadMigrations(options.dir, options), options.tenant);
}

/** {@link verify} with a folder that was read before; a database that does not exist is `undefined`. */
export async function verifyWith(
  client: Client | undefined,
  set: MigrationSet,
  tenant: string | undefined,
): Promise<VerifyResult> {
  const status = await statusOf(client, set, tenant);
  const problems = [
    ...problemsOf("failed", status.failed),
    ...problemsOf("edited", status.edited),
    ...problemsOf("missing", status.missing),
    ...problemsOf("out-of-order", status.outOfOrder),
  ];
  return { ...status, ok: problems.length === 0, problems };
}

function problemsOf(kind: HistoryProblem["kind"], names: readonly string[]): HistoryProblem[] {
  return names.map((migration) => ({ kind, migration, message: meanings[kind] }));
}
