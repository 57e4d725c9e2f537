import { existsSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import { fileKeeper } from "../files/file-keeper.ts";
import { logsOf, scratchName, sideFileEndings, syncFile } from "../files/place-file.ts";
import { syncFolder } from "../files/sync-folder.ts";

/**
 * Copies a database to `copy`, one file, on the disk once this has resolved, also while others write: no write begins between its first
 * and its last byte. The log is copied with the file, and taken into the copy.
 *
 * @param client an open client of it, in no transaction.
 * @param lockTimeoutMs how long to wait for other writers.
 */
export async function snapshotFile(
  client: Client,
  options: { readonly file: string; readonly copy: string; readonly config: Config; readonly lockTimeoutMs: number },
): Promise<void> {
  const { file, copy, config, lockTimeoutMs } = options;
  await mkdir(path.dirname(copy), { recursive: true });
  const scratch = scratchName(copy);
  try {
    const lock = await client.transaction("write", { timeoutMs: lockTimeoutMs });
    try {
      const [fromWal, fromLog] = logsOf(file);
      const [wal, log] = logsOf(scratch);
      const pairs = [[file, scratch] as const, [fromWal, wal] as const, [fromLog, log] as const];
      const answer = await fileKeeper.ask({ kind: "copy", pairs });
      if (answer.state === "failed") throw new Error(answer.message);
    } finally {
      await lock.rollback();
    }
    if (await hasLog(scratch)) await takeInLog(scratch, config);
    await rename(scratch, copy);
    await syncFolder(path.dirname(copy));
  } finally {
    await removeAll(scratch);
  }
}

async function takeInLog(file: string, config: Config): Promise<void> {
  const client = createClient({ ...config, url: pathToFileURL(file).href });
  try {
    await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    client.close();
  }
  const log = await stat(`${file}-wal`).catch(() => undefined);
  if (log !== undefined && log.size > 0) throw new Error(`${log.size} bytes of the copy are still in its log`);
  await syncFile(file);
}

async function hasLog(file: string): Promise<boolean> {
  const sizes = await Promise.all(logsOf(file).map(async (log) => (existsSync(log) ? (await stat(log)).size : 0)));
  return sizes.some((size) => size > 0);
}

async function removeAll(file: string): Promise<void> {
  const endings = sideFileEndings.map((ending) => file + ending);
  await Promise.all([file, ...endings, ...logsOf(file)].map((each) => rm(each, { force: true })));
}
