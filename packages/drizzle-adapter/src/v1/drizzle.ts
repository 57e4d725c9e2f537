import { type Client, type Config, createClient } from "@litefleet/driver";
import { type AnyRelations, DefaultLogger, type EmptyRelations, NoopLogger } from "drizzle-orm-v1";
import type { DrizzleSQLiteConfig } from "drizzle-orm-v1/sqlite-core";
import { type ConfigWithDatabase, findClient } from "../find-client.ts";
import { codecs as defaultCodecs } from "./codecs.ts";
import { LitefleetDatabase } from "./database.ts";
import { LitefleetDialect } from "./dialect.ts";
import { ClientSession } from "./session.ts";

/**
 * Makes a Drizzle 1.0 database over a Litefleet client, in all the forms that `drizzle-orm/libsql` offers: a client, a URL
 * or a configuration of the driver, followed by Drizzle's options; or one object that holds Drizzle's options and
 * `client` or `connection`.
 *
 * A client that is passed in stays the caller's to close. Given a URL or a configuration this opens a client, which is
 * `db.$client`; close that, or hold the database with `await using`.
 *
 * @throws {TypeError} if what it is given is neither; what `createClient` throws for a configuration that cannot work.
 * @example
 * ```ts
 * import { drizzle } from "@litefleet/drizzle-adapter/v1";
 * import { relations } from "./relations.ts"; // defineRelations(schema, …)
 *
 * const db = drizzle("file:app.db", { relations });
 * const users = await db.query.users.findMany({ with: { posts: true } });
 * ```
 */
export function drizzle<TRelations extends AnyRelations = EmptyRelations, TClient extends Client = Client>(
  ...params:
    | [database: TClient | Config | string]
    | [database: TClient | Config | string, config: DrizzleSQLiteConfig<TRelations>]
    | [config: ConfigWithDatabase<DrizzleSQLiteConfig<TRelations>, TClient>]
): LitefleetDatabase<TRelations> & { $client: TClient } {
  const { client, isOwned, config } = findClient<DrizzleSQLiteConfig<TRelations>, TClient>(params[0], params[1]);
  // Either it is the client that was passed in, or none was and `TClient` is its default.
  return Object.assign(build(client, isOwned, config), { $client: client as TClient });
}

drizzle.mock = mock;

/** Makes a database that builds queries and runs none: for `.toSQL()` without a connection. */
function mock<TRelations extends AnyRelations = EmptyRelations>(
  config?: DrizzleSQLiteConfig<TRelations>,
): LitefleetDatabase<TRelations> & { $client: "$client is not available on drizzle.mock()" } {
  const client = createClient({ url: ":memory:" });
  client.close();
  return Object.assign(build(client, false, config), {
    $client: "$client is not available on drizzle.mock()" as const,
  });
}

function build<TRelations extends AnyRelations>(
  client: Client,
  isOwned: boolean,
  config: DrizzleSQLiteConfig<TRelations> | undefined,
): LitefleetDatabase<TRelations> {
  return databaseFactory(config)(client, isOwned);
}

/** Makes databases with the same relations: what can be read once is. */
export function databaseFactory<TRelations extends AnyRelations>(
  config: DrizzleSQLiteConfig<TRelations> = {},
): (client: Client, isOwned: boolean) => LitefleetDatabase<TRelations> {
  const { codecs = defaultCodecs, relations, cache, logger, jit, paramsInErrors } = config;
  const dialect = new LitefleetDialect({ codecs, useJitMappers: jit ?? false });
  // Without relations `TRelations` is its default, which has none.
  const known = relations ?? ({} as TRelations);
  const options = { logger: toLogger(logger), cache, paramsInErrors };
  return (client, isOwned) =>
    new LitefleetDatabase(new ClientSession(dialect, known, client, options), cache, isOwned ? client : undefined);
}

function toLogger(logger: DrizzleSQLiteConfig<EmptyRelations>["logger"]) {
  if (typeof logger === "object") return logger;
  return logger === true ? new DefaultLogger() : new NoopLogger();
}
