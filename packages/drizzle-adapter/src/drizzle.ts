import { type Client, type Config, createClient } from "@litefleet/driver";
import {
  createTableRelationsHelpers,
  DefaultLogger,
  type DrizzleConfig,
  type ExtractTablesWithRelations,
  extractTablesRelationalConfig,
  type Logger,
  NoopLogger,
  type RelationalSchemaConfig,
} from "drizzle-orm";
import { ClientSession } from "./client-session.ts";
import { LitefleetDatabase } from "./database.ts";
import { LitefleetDialect } from "./dialect.ts";
import { type ConfigWithDatabase, findClient } from "./find-client.ts";

/**
 * Makes a Drizzle database over a Litefleet client, in all the forms that `drizzle-orm/libsql` offers: a client, a URL
 * or a configuration of the driver, followed by Drizzle's options; or one object that holds Drizzle's options and
 * `client` or `connection`.
 *
 * A client that is passed in stays the caller's to close. Given a URL or a configuration this opens a client, which is
 * `db.$client`; close that, or hold the database with `await using`.
 *
 * @throws {TypeError} if what it is given is neither; what `createClient` throws for a configuration that cannot work.
 * @example
 * ```ts
 * import { createClient } from "@litefleet/driver";
 * import { drizzle } from "@litefleet/drizzle-adapter";
 * import * as schema from "./schema.ts";
 *
 * const client = createClient({ url: "file:app.db" });
 * const db = drizzle(client, { schema });
 * const users = await db.query.users.findMany({ with: { posts: true } });
 * ```
 */
export function drizzle<
  TSchema extends Record<string, unknown> = Record<string, never>,
  TClient extends Client = Client,
>(
  ...params:
    | [database: TClient | Config | string]
    | [database: TClient | Config | string, config: DrizzleConfig<TSchema>]
    | [config: ConfigWithDatabase<DrizzleConfig<TSchema>, TClient>]
): LitefleetDatabase<TSchema> & { $client: TClient } {
  const { client, isOwned, config } = findClient<DrizzleConfig<TSchema>, TClient>(params[0], params[1]);
  // Either it is the client that was passed in, or none was and `TClient` is its default.
  return Object.assign(build(client, isOwned, config), { $client: client as TClient });
}

drizzle.mock = mock;

/**
 * Makes a database that builds queries and runs none: for `.toSQL()` without a connection.
 *
 * @example
 * ```ts
 * drizzle.mock({ schema }).select().from(users).toSQL();
 * ```
 */
function mock<TSchema extends Record<string, unknown> = Record<string, never>>(
  config?: DrizzleConfig<TSchema>,
): LitefleetDatabase<TSchema> & { $client: "$client is not available on drizzle.mock()" } {
  const client = createClient({ url: ":memory:" });
  client.close();
  return Object.assign(build(client, false, config), {
    $client: "$client is not available on drizzle.mock()" as const,
  });
}

function build<TSchema extends Record<string, unknown>>(
  client: Client,
  isOwned: boolean,
  config: DrizzleConfig<TSchema> | undefined,
): LitefleetDatabase<TSchema> {
  return databaseFactory(config)(client, isOwned);
}

/** Makes databases of one schema: what can be read once is. */
export function databaseFactory<TSchema extends Record<string, unknown>>({
  schema: fullSchema,
  logger,
  cache,
  casing,
}: DrizzleConfig<TSchema> = {}): (client: Client, isOwned: boolean) => LitefleetDatabase<TSchema> {
  const building = { dialect: new LitefleetDialect({ casing }), schema: fullSchema && readSchema(fullSchema) };
  const options = { logger: toLogger(logger), cache };
  return (client, isOwned) => {
    const session = new ClientSession<TSchema, ExtractTablesWithRelations<TSchema>>(building, client, options);
    return new LitefleetDatabase(session, building, cache, isOwned ? client : undefined);
  };
}

function readSchema<TSchema extends Record<string, unknown>>(
  fullSchema: TSchema,
): RelationalSchemaConfig<ExtractTablesWithRelations<TSchema>> {
  const { tables, tableNamesMap } = extractTablesRelationalConfig<ExtractTablesWithRelations<TSchema>>(
    fullSchema,
    createTableRelationsHelpers,
  );
  return { fullSchema, schema: tables, tableNamesMap };
}

function toLogger(logger: boolean | Logger | undefined): Logger {
  if (typeof logger === "object") return logger;
  return logger === true ? new DefaultLogger() : new NoopLogger();
}
