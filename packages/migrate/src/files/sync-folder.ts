import { open } from "node:fs/promises";
import path from "node:path";

interface FolderSync {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

const syncs = new Map<string, FolderSync>();

/**
 * Brings the names in a folder to the disk, so that a file that was moved into it is there after a power cut. Calls that come while
 * one is running share the one after it.
 */
export async function syncFolder(folder: string): Promise<void> {
  const key = path.resolve(folder);
  const known = syncs.get(key);
  if (known === undefined) return startSync(key);
  // What is running may have begun before the name that this call is about.
  known.next ??= known.running.catch(() => undefined).then(() => startSync(key));
  return known.next;
}

function startSync(folder: string): Promise<void> {
  const entry: FolderSync = { running: fsyncFolder(folder), next: undefined };
  syncs.set(folder, entry);
  const forget = (): void => {
    if (syncs.get(folder) === entry && entry.next === undefined) syncs.delete(folder);
  };
  entry.running.then(forget, forget);
  return entry.running;
}

async function fsyncFolder(folder: string): Promise<void> {
  // Windows has no such thing, and keeps its folders itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
