// The native library blocks its thread for the whole of a sync, so it has this one to itself.
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import type Database from "libsql";
import { foldWal } from "./fold-wal.ts";
import type { SyncReply, SyncRequest, SyncTarget } from "./sync-protocol.ts";

interface SyncDatabase extends Database.Database {
  sync(): { readonly frame_no: number; readonly frames_synced: number };
}

type OpenDatabase = new (
  path: string,
  options: { syncUrl?: string; authToken?: string; encryptionKey: string },
) => SyncDatabase;

interface OpenReplica {
  readonly database: SyncDatabase;
  readonly target: SyncTarget;
}

const open = createRequire(import.meta.url)("libsql") as OpenDatabase;
const replicas = new Map<number, OpenReplica>();

function answer(request: SyncRequest): SyncReply {
  try {
    return { call: request.call, ok: true, replicated: run(request) };
  } catch (error) {
    return { call: request.call, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function run(request: SyncRequest): { frame_no: number; frames_synced: number } | undefined {
  if (request.op === "open") {
    const { path, syncUrl, authToken, encryptionKey = "" } = request.target;
    const database = new open(path, { syncUrl, authToken, encryptionKey });
    replicas.set(request.replica, { database, target: request.target });
    return undefined;
  }
  const replica = replicas.get(request.replica);
  if (replica === undefined) throw new Error("the replica is not open");
  if (request.op === "close") {
    replicas.delete(request.replica);
    replica.database.close();
    const { path, encryptionKey = "" } = replica.target;
    foldWal(() => new open(path, { encryptionKey }));
    return undefined;
  }
  const { frame_no, frames_synced } = replica.database.sync();
  return { frame_no, frames_synced };
}

parentPort?.on("message", (request: SyncRequest) => {
  parentPort?.postMessage(answer(request));
});
