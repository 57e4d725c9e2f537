import { LitefleetError } from "../errors.ts";
import { HttpSource } from "./http-stream.ts";
import { HttpTransport } from "./http-transport.ts";
import type { FetchFunction } from "./http-transport.ts";
import { RemoteEngine } from "./remote-engine.ts";
import { TokenSource } from "./token-source.ts";
import type { AuthToken } from "./token-source.ts";
import { WsSource } from "./ws-stream.ts";

/** How a server is reached. */
export interface RemoteOptions {
  /** `http:` or `https:`, or `ws:` or `wss:` for one WebSocket that all calls share. */
  readonly url: URL;
  /** A token, or a function that fetches one: called when one is first needed and again when the server refuses it. */
  readonly authToken?: AuthToken | undefined;
  /** In place of `authToken`: what others use as well, so that a function is asked once for all of them. */
  readonly tokens?: TokenSource | undefined;
  /** In place of the global `fetch`; called with a `Request`. Not used over WebSocket. */
  readonly fetch?: FetchFunction | undefined;
  /** Requests under way at once, those of transactions not counted; 0 for no limit. Default 20. */
  readonly concurrency?: number;
  /** The key of a database that Turso Cloud keeps encrypted. */
  readonly remoteEncryptionKey?: string | undefined;
}

/**
 * Opens a libSQL server (sqld 0.24 or Turso Cloud). Nothing is sent before the first call.
 *
 * It speaks Hrana 3 in JSON itself, over the runtime's `fetch` and WebSocket, and so needs nothing of Node.
 *
 * @throws {LitefleetError} `URL_INVALID` for credentials in the URL, `URL_SCHEME_NOT_SUPPORTED` for another scheme.
 * @example
 * const engine = openRemote({ url: new URL("http://127.0.0.1:8080"), authToken: process.env.TOKEN });
 * @see https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md
 */
export function openRemote(options: RemoteOptions): RemoteEngine {
  const { url, authToken, fetch, remoteEncryptionKey, concurrency = 20 } = options;
  if (url.username !== "" || url.password !== "") {
    throw new LitefleetError(
      "A server's URL cannot hold a user name or password; pass a token as `authToken` instead",
      "URL_INVALID",
    );
  }
  const secrets = remoteEncryptionKey === undefined ? [] : [remoteEncryptionKey];
  const tokens = options.tokens ?? new TokenSource(authToken, secrets);
  switch (url.protocol) {
    case "http:":
    case "https:": {
      const transport = new HttpTransport({ tokens, fetch, remoteEncryptionKey });
      return new RemoteEngine({ protocol: "http", source: new HttpSource(transport, url), concurrency });
    }
    case "ws:":
    case "wss:":
      return new RemoteEngine({ protocol: "ws", source: new WsSource(url, tokens), concurrency });
    default:
      throw new LitefleetError(
        `A server's URL begins with "http:", "https:", "ws:" or "wss:", not ${JSON.stringify(url.protocol)}`,
        "URL_SCHEME_NOT_SUPPORTED",
      );
  }
}
