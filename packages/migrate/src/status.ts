import type { Client } from "@litefleet/driver";
import { loadMigrations } from "./load-migrations.ts";
import type { History, MigrationSet } from "./migration.ts";
import type { SourceChoice } from "./source/source.ts";
import { compareLedger, readHistory } from "./read-history.ts";

/** Options of {@link status}. */
export interface StatusOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /** The ledger's table. Default: the tool's own, such as `__drizzle_migrations`. */
  readonly ledgerTable?: string;
  /** The format of the folder. Default `"auto"`: it is seen from the folder. */
  readonly source?: SourceChoice;
  /** The name of the tenant in messages. */
  readonly tenant?: string;
}

/** How one database stands to a folder of migrations, by their names. */
export interface MigrationStatus {
  /** `"diverged"`: what `edited`, `outOfOrder`, `failed` or `missing` name has to be settled by a person. */
  readonly state: "up-to-date" | "pending" | "diverged";
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied, but the file has changed since. */
  readonly edited: readonly string[];
  /** Not applied, although newer ones are. */
  readonly outOfOrder: readonly string[];
  /** Begun by the tool and not finished. */
  readonly failed: readonly string[];
  /** Applied, but in no file: the name, or the hash, that the ledger holds. */
  readonly missing: readonly string[];
}

/**
 * Compares a database with a folder of migrations. Changes nothing. The client stays open.
 *
 * @throws {MigrateError} `DIR_INVALID`, `SOURCE_UNSUPPORTED`, `LEDGER_INVALID`.
 * @example
 * const { state, pending } = await status(client, { dir: "drizzle" });
 */
export async function status(client: Client, options: StatusOptions): Promise<MigrationStatus> {
  const set = await loadMigrations(options.dir, options);
  return statusOf(client, set, options.tenant);
}

/** {@link status} with a folder that was read before; a database that does not exist is `undefined`. */
export async function statusOf(
  client: Client | undefined,
  set: MigrationSet,
  tenant: string | undefined,
): Promise<MigrationStatus> {
  const { history } =
    client === undefined
      ? compareLedger(set, { ledger: undefined, journal: undefined }, tenant)
      : await readHistory(client, set, tenant);
  return describeHistory(history);
}

function describeHistory(history: History): MigrationStatus {
  const name = (migration: { readonly name: string }): string => migration.name;
  const lists = {
    applied: history.applied.map(name),
    pending: history.pending.map(name),
    edited: history.edited.map(name),
    outOfOrder: history.outOfOrder.map(name),
    failed: history.failed,
    missing: history.missing,
  };
  const diverged = lists.edited.length + lists.outOfOrder.length + lists.failed.length + lists.missing.length > 0;
  return { state: diverged ? "diverged" : lists.pending.length > 0 ? "pending" : "up-to-date", ...lists };
}
