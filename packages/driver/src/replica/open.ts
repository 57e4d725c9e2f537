import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import { loadLibsql } from "../local/libsql.ts";
import { openLocal } from "../local/open.ts";
import { openRemote } from "../remote/open.ts";
import type { ReplicaConfig } from "../resolve-config.ts";
import { checkSidecars } from "./sidecars.ts";
import { ReplicaEngine } from "./replica-engine.ts";
import { Syncer } from "./sync-thread.ts";

/**
 * Opens an embedded replica. A copy that is there is read at once, also while the primary is away; the first one is fetched
 * with the first read or `sync()`.
 *
 * @throws {LitefleetError} `CONFIG_INVALID` if what lies at the path is no replica; `SQLITE_CANTOPEN` if the folder is missing.
 */
export function openReplica(config: ReplicaConfig, events: Emitter): ReplicaEngine {
  const { path, primary, encryptionKey, timeoutMs, statementCacheSize, maxConnections } = config;
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) {
    throw new LitefleetError(
      `Cannot open the replica ${path}: the folder ${folder} does not exist; create it first`,
      "SQLITE_CANTOPEN",
      { extendedCode: "SQLITE_CANTOPEN", rawCode: 14 },
    );
  }
  loadLibsql();
  checkSidecars(path);
  const scheme = primary.url.protocol.replace("ws", "http");
  const syncUrl = scheme + primary.url.href.slice(primary.url.protocol.length);
  return new ReplicaEngine({
    events,
    primary: openRemote(primary),
    syncer: new Syncer({ path, syncUrl, authToken: primary.authToken ?? "", encryptionKey }),
    hasLocalCopy: () => existsSync(path),
    openLocal: () =>
      openLocal({
        library: "libsql",
        path,
        isMemory: false,
        encryptionKey,
        timeoutMs,
        statementCacheSize,
        maxConnections,
        isReadOnly: true,
      }),
    syncIntervalMs:
      config.syncInterval === undefined || config.syncInterval <= 0 ? undefined : config.syncInterval * 1_000,
    readYourWrites: config.readYourWrites,
  });
}
