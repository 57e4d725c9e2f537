import { type Client, type Config, createClient } from "@litefleet/driver";
import type { DrizzleConfig } from "drizzle-orm";

/** Drizzle's options together with where the database is. */
export type DrizzleConfigWithDatabase<
  TSchema extends Record<string, unknown>,
  TClient extends Client,
> = DrizzleConfig<TSchema> & ({ connection: string | Config } | { client: TClient });

interface FoundClient<TSchema extends Record<string, unknown>, TClient extends Client> {
  readonly client: TClient;
  /** Whether it was opened here. */
  readonly isOwned: boolean;
  readonly config: DrizzleConfig<TSchema> | undefined;
}

/** Reads the arguments of `drizzle()`, and opens a client if they hold none. */
export function findClient<TSchema extends Record<string, unknown>, TClient extends Client>(
  database: TClient | Config | string | DrizzleConfigWithDatabase<TSchema, TClient>,
  config: DrizzleConfig<TSchema> | undefined,
): FoundClient<TSchema, TClient> {
  if (!isObject(database)) return { client: open(database), isOwned: true, config };
  if ("execute" in database) return { client: checkClient(database), isOwned: false, config };
  if ("client" in database) {
    if ("connection" in database) throw new TypeError("drizzle() takes either `client` or `connection`, and got both");
    return { client: checkClient(database.client), isOwned: false, config: database };
  }
  if ("connection" in database) return { client: open(database.connection), isOwned: true, config: database };
  return { client: open(database), isOwned: true, config };
}

function isObject<T>(value: T): value is T & object {
  return typeof value === "object" && value !== null;
}

function checkClient<TClient extends Client>(client: TClient): TClient {
  if (isObject(client) && typeof client.prepare === "function") return client;
  throw new TypeError(
    "drizzle() needs a client of @litefleet/driver: make it with that package's createClient, which takes the options of @libsql/client",
  );
}

function open<TClient extends Client>(connection: unknown): TClient {
  const config = typeof connection === "string" ? { url: connection } : connection;
  if (!isConfig(config)) {
    const got = isObject(connection) ? `an object without a url` : String(connection);
    throw new TypeError(`drizzle() needs a client, a URL or a configuration with \`url\`, and got ${got}`);
  }
  // Whoever passes no client has not asked for a special kind of one.
  return createClient(config) as TClient;
}

function isConfig(config: unknown): config is Config {
  return isObject(config) && "url" in config && typeof config.url === "string";
}
