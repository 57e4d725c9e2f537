import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import { libsqlLibrary, loadLibsql } from "../local/libsql.ts";
import { openLocal, resolvePath } from "../local/open.ts";
import { openRemote } from "../remote/open.ts";
import { TokenSource } from "../remote/token-source.ts";
import type { ReplicaConfig } from "../resolve-config.ts";
import { CopyKeeper } from "./copy-keeper.ts";
import { foldWal } from "./fold-wal.ts";
import { FileLock } from "./file-lock.ts";
import { Follower } from "./follower.ts";
import { PrimaryLink } from "./primary-link.ts";
import { Relay } from "./relay.ts";
import { ReplicaEngine } from "./replica-engine.ts";
import { ReplicaFiles } from "./replica-files.ts";
import { Syncer } from "./sync-thread.ts";

/**
 * Opens an embedded replica, without asking the primary. A copy that is there is read at once; the first one is fetched with the
 * first read or `sync()`.
 *
 * @throws {LitefleetError} `CONFIG_INVALID` if what lies at the path is no replica, or is open elsewhere; `SQLITE_CANTOPEN` if the
 *   folder is missing; `SQLITE_NOTADB` for a wrong encryption key.
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
  // Here and not first in the sync thread, where its log could not be silenced.
  loadLibsql();
  const files = new ReplicaFiles(resolvePath(path));
  files.isWhole();
  const tokens = new TokenSource(primary.authToken);
  const remote = openRemote({ ...primary, tokens });
  const { lock, ready } = FileLock.take(files.path);
  try {
    const link = new PrimaryLink({
      url: new URL(primary.url.href.replace(/^ws/u, "http")),
      tokens,
      fetch: primary.fetch === undefined ? undefined : (request) => primary.fetch!(request),
    });
    const relay = new Relay(link, (count) => follower.received(count));
    const openSyncer = (copy: string): Syncer =>
      new Syncer(relay.url.then((syncUrl) => ({ path: copy, syncUrl, authToken: relay.secret, encryptionKey })));
    const keeper = new CopyKeeper({
      files,
      relay,
      ready,
      openSyncer,
      openLocal: () =>
        openLocal({
          library: "libsql",
          path: files.path,
          isMemory: false,
          encryptionKey,
          timeoutMs,
          statementCacheSize,
          maxConnections,
          isReadOnly: true,
        }),
      foldWal: () => foldWal(() => libsqlLibrary.open(files.path, { encryptionKey })),
      events,
    });
    const { syncInterval } = config;
    const syncIntervalMs = syncInterval === undefined || syncInterval <= 0 ? undefined : syncInterval * 1_000;
    const follower = new Follower({ keeper, relay, lock, events, syncIntervalMs });
    return new ReplicaEngine({ primary: remote, follower, readYourWrites: config.readYourWrites });
  } catch (error) {
    lock.release(Promise.resolve());
    throw error;
  }
}
