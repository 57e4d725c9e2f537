import type { Client } from "@litefleet/driver";
import { loadMigrations } from "./load-migrations.ts";
import type { Migration, MigrationSet } from "./migration.ts";
import { refuseDivergedHistory } from "./read-history.ts";
import { rewriteLedger } from "./rewrite-ledger.ts";
import type { LedgerOptions } from "./rewrite-ledger.ts";
import type { SourceOptions } from "./source/source.ts";
import { migrationsUpTo } from "./up-to.ts";

/** Options of {@link baseline}. */
export interface BaselineOptions extends LedgerOptions, SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** The last migration that is there already, by name. */
  readonly at: string;
}

/** What was written into the ledger. */
export interface BaselineResult {
  /** Migrations that are recorded as applied now and were not before, in order. */
  readonly recorded: readonly string[];
}

/**
 * Records that a database has the migrations up to and including `at`, without running them: for one whose schema was made
 * in another way. What is recorded already stays. The client stays open.
 *
 * @throws {MigrateError} `MIGRATION_UNKNOWN`, or `HISTORY_EDITED` and `HISTORY_FAILED` for what has to be settled before.
 * @example
 * await baseline(client, { dir: "drizzle", at: "0003_add_plans" });
 */
export async function baseline(client: Client, options: BaselineOptions): Promise<BaselineResult> {
  return baselineWith(client, await loadMigrations(options.dir, options), options.at, options);
}

/** {@link baseline} with a folder that was read before. */
export async function baselineWith(
  client: Client,
  set: MigrationSet,
  at: string,
  options: LedgerOptions,
): Promise<BaselineResult> {
  const wanted = migrationsUpTo(set, at);
  let recorded: readonly Migration[] = [];
  await rewriteLedger(client, set, options, [
    ({ history }) => {
      refuseDivergedHistory({ ...history, outOfOrder: [], pending: [] }, options.tenant);
      const lacking = new Set([...history.pending, ...history.outOfOrder]);
      recorded = set.migrations.filter((m) => wanted.has(m) && lacking.has(m));
      return recorded.flatMap((migration) => set.ledger.record(migration));
    },
  ]);
  return { recorded: recorded.map(({ name }) => name) };
}
