import type { Client } from "@litefleet/driver";
import { applyPending } from "./apply.ts";
import type { ApplyOptions, MigrateResult } from "./apply.ts";
import { loadMigrations } from "./load-migrations.ts";
import type { SourceChoice } from "./source/source.ts";

/** Options of {@link migrate}. */
export interface MigrateOptions extends ApplyOptions {
  /** The folder of migrations: a path, or a `file:` URL such as `new URL("../drizzle", import.meta.url)`. */
  readonly dir: string | URL;
  /** The ledger's table. Default: the tool's own, such as `__drizzle_migrations`. */
  readonly ledgerTable?: string;
  /** The format of the folder. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
}

/**
 * Brings one database to the newest migration of a folder, or to the one that `to` names.
 *
 * What is pending runs in one transaction (see `tx`), or nothing does. Foreign keys are off while a table is rebuilt and
 * checked before the COMMIT; a table may not lose rows that the migrations do not say they remove. Any number of processes
 * may call this at once: each migration is applied once. The ledger is the tool's own, so the tool agrees afterwards.
 *
 * The client stays open.
 *
 * @throws {MigrateError} `MIGRATION_UNKNOWN` and others. The database is unchanged, save for what `applied` of a
 *   `PartialMigrationError` names.
 * @example
 * const { applied } = await migrate(client, { dir: new URL("../drizzle", import.meta.url) });
 */
export async function migrate(client: Client, options: MigrateOptions): Promise<MigrateResult> {
  const set = await loadMigrations(options.dir, options);
  return applyPending(client, set, options);
}
