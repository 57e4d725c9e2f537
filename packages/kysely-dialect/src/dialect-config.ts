import type { Client, Config, IntMode } from "@litefleet/driver";

/** A client that is open already, and stays open when the `Kysely` instance is destroyed. */
export interface LitefleetClientConfig {
  /** Made by `createClient` of `@litefleet/driver`. */
  readonly client: Client;
  /** How integers are read by this `Kysely` instance. Default: the client's `intMode`. */
  readonly intMode?: IntMode;
}

/** The driver's configuration, or a client. With a configuration the client is opened by the first query and closed by `destroy()`. */
export type LitefleetDialectConfig = Config | LitefleetClientConfig;

/** @throws {TypeError} if `config` is neither, or both. */
export function checkConfig(config: LitefleetDialectConfig): void {
  if (typeof config !== "object" || config === null) {
    throw new TypeError('Expected { client } or the configuration of a client, such as { url: "file:app.db" }');
  }
  if (!("client" in config)) {
    if (typeof config.url === "string") return;
    throw new TypeError('Expected { client }, or a configuration with a url such as "file:app.db"');
  }
  if ("url" in config) {
    throw new TypeError("Expected either a client or the configuration of one, not both");
  }
  const { client } = config;
  if (typeof client?.prepare !== "function" || typeof client.transaction !== "function") {
    throw new TypeError("Expected client to be made by createClient of @litefleet/driver");
  }
}
