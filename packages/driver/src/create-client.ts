import type { Client } from "./api.ts";
import { LitefleetClient } from "./client.ts";
import type { Config } from "./config.ts";
import type { Engine } from "./engine.ts";
import type { Emitter } from "./events.ts";
import { openLocal } from "./local/open.ts";
import { openOffline } from "./offline/open.ts";
import { openRemote } from "./remote/open.ts";
import { openReplica } from "./replica/open.ts";
import { resolveConfig } from "./resolve-config.ts";
import type { ResolvedConfig } from "./resolve-config.ts";
import { openTurso } from "./turso/open.ts";

/**
 * Opens a database. Local files are opened (and created) at once; servers are called with the first statement.
 *
 * @throws {LitefleetError} for a configuration that cannot work or a file that cannot be opened; `TypeError` and `RangeError` for
 *   values of the wrong kind.
 * @example
 * const client = createClient({ url: "file:app.db" });
 * const { rows } = await client.execute("SELECT * FROM users WHERE id = ?", [7]);
 */
export function createClient(config: Config): Client {
  const resolved = resolveConfig(config);
  return new LitefleetClient((events) => openEngine(resolved, events), resolved);
}

function openEngine(config: ResolvedConfig, events: Emitter): Engine {
  switch (config.kind) {
    case "remote":
      return openRemote(config);
    case "replica":
      return openReplica(config, events);
    case "offline":
      return openOffline(config, events);
    case "local":
      if (config.engine !== "turso") return openLocal({ ...config, library: config.engine });
      return openTurso({ ...config, onConflict: (conflict) => events.emit("conflict", conflict) });
  }
}
