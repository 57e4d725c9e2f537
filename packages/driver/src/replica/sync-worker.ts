// The native library blocks its thread for the whole of a sync, so it has this one to itself.
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import type Database from "libsql";
import type { SyncReply, SyncRequest } from "./sync-protocol.ts";

interface SyncDatabase extends Database.Database {
  sync(): { readonly frame_no: number; readonly frames_synced: number };
}

type OpenReplica = new (
  path: string,
  options: { syncUrl: string; authToken: string; encryptionKey: string },
) => SyncDatabase;

const open = createRequire(import.meta.url)("libsql") as OpenReplica;
const replicas = new Map<number, SyncDatabase>();

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
    replicas.set(request.replica, new open(path, { syncUrl, authToken, encryptionKey }));
    return undefined;
  }
  const database = replicas.get(request.replica);
  if (database === undefined) throw new Error("the replica is not open");
  if (request.op === "close") {
    replicas.delete(request.replica);
    database.close();
    return undefined;
  }
  const { frame_no, frames_synced } = database.sync();
  return { frame_no, frames_synced };
}

parentPort?.on("message", (request: SyncRequest) => {
  parentPort?.postMessage(answer(request));
});
