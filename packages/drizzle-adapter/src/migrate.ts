import type { Client } from "@litefleet/driver";
import { migrate as migrateClient } from "@litefleet/migrate";
import type { ApplyOptions, MigrateResult } from "@litefleet/migrate";

/** Options of {@link migrate}: those of Drizzle's migrators, and those of `@litefleet/migrate`. */
export interface MigrationConfig extends ApplyOptions {
  /** The folder that drizzle-kit writes: a path (a relative one from the working directory), or a `file:` URL. */
  readonly migrationsFolder: string | URL;
  /** The ledger's table. Default `__drizzle_migrations`. */
  readonly migrationsTable?: string;
}

/**
 * Brings the database behind `db` to the newest migration of a drizzle-kit folder, or to the one that `to` names: in one
 * transaction, each migration once whoever else does the same, and no row lost. Drizzle's own migrators agree afterwards.
 *
 * @param db What `drizzle()` of this package made. It stays open.
 * @throws {MigrateError} of `@litefleet/migrate`; the database is unchanged, save for what `applied` names.
 * @throws {TypeError} if `db` has no client of Litefleet's.
 * @example
 * ```ts
 * import { migrate } from "@litefleet/drizzle-adapter/migrator";
 *
 * await migrate(db, { migrationsFolder: "drizzle" });
 * ```
 * @see https://orm.drizzle.team/docs/migrations
 */
export async function migrate(db: { readonly $client: Client }, config: MigrationConfig): Promise<MigrateResult> {
  const { migrationsFolder, migrationsTable, ...options } = config;
  if (typeof db.$client?.prepare !== "function" || typeof db.$client.status !== "function") {
    throw new TypeError("migrate() needs a database that drizzle() of @litefleet/drizzle-adapter made");
  }
  if (typeof migrationsFolder !== "string" && !(migrationsFolder instanceof URL)) {
    throw new TypeError(`Expected migrationsFolder as a path or a file: URL, got ${typeof migrationsFolder}`);
  }
  return migrateClient(db.$client, { ...options, dir: migrationsFolder, ledgerTable: migrationsTable });
}
