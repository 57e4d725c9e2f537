import type { Client } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";

/** What a migration of Kysely exports. */
export type KyselyMigration = (db: unknown) => Promise<void>;

/** Runs a migration with a `Kysely` instance on `client`. */
export type RunMigration = (migration: KyselyMigration, client: Client) => Promise<void>;

/**
 * Loads Kysely and our dialect, which are installed only where somebody uses them.
 *
 * @throws {MigrateError} `SOURCE_UNSUPPORTED` if one is missing.
 */
export async function loadKysely(): Promise<RunMigration> {
  try {
    const [{ Kysely }, { LitefleetDialect }] = await Promise.all([
      import("kysely"),
      import("@litefleet/kysely-dialect"),
    ]);
    return async (migration, client) => {
      // The client stays open: it belongs to whoever made it.
      await migration(new Kysely({ dialect: new LitefleetDialect({ client }) }));
    };
  } catch (cause) {
    throw new MigrateError(
      "Migrations of Kysely need kysely and @litefleet/kysely-dialect: npm install kysely @litefleet/kysely-dialect",
      "SOURCE_UNSUPPORTED",
      { cause },
    );
  }
}
