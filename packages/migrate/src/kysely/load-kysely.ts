import type { Client } from "@litefleet/driver";
import type * as KyselyModule from "kysely";
import { MigrateError } from "../errors.ts";
import { inScope } from "./level.ts";

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
    const [kysely, { LitefleetDialect }] = await Promise.all([import("kysely"), import("@litefleet/kysely-dialect")]);
    return async (migration, client) => {
      // The client stays open: it belongs to whoever made it.
      await migration(await scopedKysely(kysely, new LitefleetDialect({ client })));
    };
  } catch (cause) {
    throw new MigrateError(
      "Migrations of Kysely need kysely and @litefleet/kysely-dialect: npm install kysely @litefleet/kysely-dialect",
      "SOURCE_UNSUPPORTED",
      { cause },
    );
  }
}

/** A `Kysely` instance that lends each of its connections in a scope of its own. */
async function scopedKysely(
  { Kysely, DefaultConnectionProvider, DefaultQueryExecutor }: typeof KyselyModule,
  dialect: KyselyModule.Dialect,
): Promise<unknown> {
  const driver = dialect.createDriver();
  await driver.init();
  const connections = new DefaultConnectionProvider(driver);
  const executor = new DefaultQueryExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), {
    provideConnection: (use, options) => connections.provideConnection((lent) => inScope(() => use(lent)), options),
  });
  return new Kysely({ config: { dialect }, dialect, driver, executor });
}
