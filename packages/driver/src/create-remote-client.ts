import type { Client } from "./api.ts";
import { LitefleetClient } from "./client.ts";
import type { Config } from "./config.ts";
import { LitefleetError } from "./errors.ts";
import { openRemote } from "./remote/open.ts";
import { resolveConfig } from "./resolve-config.ts";

/**
 * Opens a database on a server, in programs that hold nothing of Node: edge functions, browsers.
 *
 * @param schemes the URL schemes that this entry point serves, after `libsql:` was resolved.
 * @param preferHttp what `libsql:` stands for: HTTP or WebSocket.
 */
export function createRemoteClient(config: Config, schemes: readonly string[], preferHttp: boolean): Client {
  const resolved = resolveConfig(config, preferHttp);
  if (resolved.kind !== "remote" || !schemes.includes(resolved.url.protocol)) {
    const scheme = resolved.kind === "remote" ? resolved.url.protocol : "file:";
    throw new LitefleetError(
      `This entry point supports only "libsql:", ${schemes.map((known) => `"${known}"`).join(", ")} URLs, got "${scheme}"`,
      "URL_SCHEME_NOT_SUPPORTED",
    );
  }
  return new LitefleetClient(() => openRemote(resolved), resolved);
}
