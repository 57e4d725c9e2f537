import type { Client } from "@litefleet/driver";
import { MigrateError } from "./errors.ts";
import { removeFromJournal, replaceText } from "./ledger/journal.ts";
import { loadMigrations } from "./load-migrations.ts";
import type { Migration, MigrationSet } from "./migration.ts";
import { subject } from "./read-history.ts";
import { rewriteLedger } from "./rewrite-ledger.ts";
import type { LedgerOptions } from "./rewrite-ledger.ts";
import type { SourceOptions } from "./source/source.ts";
import { findMigration } from "./up-to.ts";

/** What became of a migration: one of both, by name. */
export interface Resolution {
  /** It is there as a whole. */
  readonly applied?: string;
  /** Nothing of it is there. */
  readonly rolledBack?: string;
}

/** Options of {@link resolve}. */
export interface ResolveOptions extends Resolution, LedgerOptions, SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
}

/** What the ledger says now. */
export interface ResolveResult {
  readonly migration: string;
  readonly state: "applied" | "rolled-back";
  /** False if the ledger said so before. */
  readonly changed: boolean;
}

/**
 * Tells the ledger what became of a migration that failed half way, or that somebody applied or took back by hand. Runs no
 * migration. The client stays open.
 *
 * @throws {MigrateError} `MIGRATION_UNKNOWN`.
 * @throws {TypeError} unless exactly one of `applied` and `rolledBack` is given.
 * @example
 * await resolve(client, { dir: "prisma/migrations", rolledBack: "20260101120000_add_plans" });
 */
export async function resolve(client: Client, options: ResolveOptions): Promise<ResolveResult> {
  return resolveWith(client, await loadMigrations(options.dir, options), options, options);
}

/** {@link resolve} with a folder that was read before. */
export async function resolveWith(
  client: Client,
  set: MigrationSet,
  resolution: Resolution,
  options: LedgerOptions,
): Promise<ResolveResult> {
  const { applied, rolledBack } = resolution;
  const wanted = applied ?? rolledBack;
  if (wanted === undefined || (applied !== undefined && rolledBack !== undefined)) {
    throw new TypeError("Expected the name of a migration either in applied or in rolledBack");
  }
  const as = applied === undefined ? "rolled-back" : "applied";
  const { ledger, migrations } = set;
  const migration = findMigration(set, wanted);
  const previous = migration === undefined ? undefined : migrations[migrations.indexOf(migration) - 1];
  const entry = migration?.name ?? wanted;
  let changed = false;
  await rewriteLedger(client, set, options, [
    ({ history }) => {
      const isFailed = history.failed.includes(entry);
      if (migration === undefined && !isFailed) throw unknown(set, wanted, options.tenant);
      if (!isFailed) return [];
      changed = true;
      const settled = ledger.settle?.(entry, as, previous) ?? [];
      return [...settled, removeFromJournal(ledger, entry)];
    },
    ({ history, done }) => {
      if (migration === undefined) return [];
      const isThere = [...history.applied, ...history.edited].includes(migration);
      if (as === "applied" && !isThere) {
        changed = true;
        const text = ledger.hasChecksums ? removeFromJournal(ledger, migration.name) : replaceText(ledger, migration);
        return [...ledger.record(migration), text];
      }
      if (as === "rolled-back" && (isThere || done.has(migration))) {
        changed = true;
        const undone = isThere ? ledger.unrecord(migration, lastBefore(migration, history.applied)) : [];
        return [...undone, removeFromJournal(ledger, migration.name)];
      }
      return [];
    },
  ]);
  return { migration: entry, state: as, changed };
}

function lastBefore(migration: Migration, applied: readonly Migration[]): Migration | undefined {
  return applied.findLast((m) => m !== migration);
}

function unknown(set: MigrationSet, name: string, tenant: string | undefined): MigrateError {
  return new MigrateError(
    `${subject(tenant)} has no failed migration called ${JSON.stringify(name)}, nor has ${set.dir} one of that name.`,
    "MIGRATION_UNKNOWN",
    { tenant, migration: name },
  );
}
