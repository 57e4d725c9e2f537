import { type Client, type Config, createClient } from "@litefleet/driver";

/** Drizzle's options together with where the database is. */
export type ConfigWithDatabase<TConfig extends object, TClient extends Client> = TConfig &
  ({ connection: string | Config } | { client: TClient });

interface FoundClient<TConfig extends object> {
  readonly client: Client;
  /** Whether it was opened here. */
  readonly isOwned: boolean;
  readonly config: TConfig | undefined;
}

/** Reads the arguments of `drizzle()`, and opens a client if they hold none. */
export function findClient<TConfig extends object, TClient extends Client>(
  database: TClient | Config | string | ConfigWithDatabase<TConfig, TClient>,
  config: TConfig | undefined,
): FoundClient<TConfig> {
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

function checkClient(client: Client): Client {
  if (isObject(client) && typeof client.prepare === "function") return client;
  throw new TypeError(
    "drizzle() needs a client of @litefleet/driver: make it with that package's createClient, which takes the options of @libsql/client",
  );
}

function open(connection: unknown): Client {
  const config = typeof connection === "string" ? { url: connection } : connection;
  if (!isConfig(config)) {
    const got = isObject(connection) ? `an object without a url` : String(connection);
    throw new TypeError(`drizzle() needs a client, a URL or a configuration with \`url\`, and got ${got}`);
  }
  return createClient(config);
}

function isConfig(config: unknown): config is Config {
  return isObject(config) && "url" in config && typeof config.url === "string";
}
