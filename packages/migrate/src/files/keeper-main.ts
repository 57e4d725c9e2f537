import { constants, existsSync } from "node:fs";
import { copyFile, link, rename, rm } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { KeeperAnswer, KeeperOrder } from "./keeper-order.ts";
import { copySynced, logsOf, scratchName, sideFileEndings, syncFile } from "./place-file.ts";
import { processesWith } from "./processes-with.ts";
import { syncFolder } from "./sync-folder.ts";

// The process of a `FileKeeper`. A process that closes any handle of a file drops all POSIX locks that it has on it, those of SQLite too
// (https://www.sqlite.org/howtocorrupt.html, 2.2): so files of databases that may be open are read here, where none is.

process.on("message", ({ id, order }: { readonly id: number; readonly order: KeeperOrder }) => {
  void answer(id, order).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit());

async function answer(id: number, order: KeeperOrder): Promise<KeeperAnswer> {
  try {
    if (order.kind === "copy") {
      await copy(order.pairs);
      return { id, state: "done" };
    }
    const by = processesWith([order.file, `${order.file}-wal`]);
    if (by.length > 0) return { id, state: "in-use", by };
    return { id, ...(await replace(order)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    return { id, state: "failed", message: error instanceof Error ? error.message : String(error), code };
  }
}

async function copy(pairs: readonly (readonly [string, string])[]): Promise<void> {
  for (const [from, to] of pairs) {
    if (!existsSync(from)) continue;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await syncFile(to);
  }
}

type Replaced = { readonly state: "done" } | { readonly state: "in-use"; readonly by: readonly number[] };

async function replace({ from, file, kept }: Extract<KeeperOrder, { kind: "replace" }>): Promise<Replaced> {
  const scratch = scratchName(file);
  try {
    await copySynced(from, scratch);
    if (!existsSync(file)) {
      await removeSideFiles(file);
      await rename(scratch, file);
      await syncFolder(path.dirname(file));
      return { state: "done" };
    }
    const lock = lockDatabase(file);
    if (lock === "in-use") return { state: "in-use", by: [] };
    try {
      await link(file, kept);
      // What SQLite could not take into the file goes with it.
      for (const [i, log] of logsOf(file).entries()) if (existsSync(log)) await rename(log, logsOf(kept)[i]!);
      await removeSideFiles(file);
      await rename(scratch, file);
      await syncFolder(path.dirname(file));
    } finally {
      lock?.close();
    }
    return { state: "done" };
  } finally {
    await rm(scratch, { force: true });
  }
}

/**
 * Brings everything into the one file and keeps others out of it until the answer is closed; `undefined` for what SQLite cannot read, as
 * an encrypted database.
 */
function lockDatabase(file: string): DatabaseSync | "in-use" | undefined {
  try {
    const first = new DatabaseSync(file, { timeout: 1_000 });
    try {
      // Leaving WAL needs the database for oneself, and takes its log into the file.
      first.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode = DELETE");
    } finally {
      first.close();
    }
    // Closing a connection that has written removes its log by name, which would be that of the file in its place: this one writes nothing.
    const second = new DatabaseSync(file, { timeout: 1_000 });
    try {
      second.exec("BEGIN EXCLUSIVE");
      return second;
    } catch (error) {
      second.close();
      throw error;
    }
  } catch (error) {
    const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
    if (code === 5 || code === 6) return "in-use";
    if (code === 26) return undefined;
    throw error;
  }
}

async function removeSideFiles(file: string): Promise<void> {
  const endings = sideFileEndings.map((ending) => file + ending);
  for (const side of [...endings, ...logsOf(file)]) await rm(side, { force: true });
}
