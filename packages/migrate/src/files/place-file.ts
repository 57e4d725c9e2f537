import { randomBytes } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { copyFile, link, open, rm } from "node:fs/promises";
import path from "node:path";
import { syncFolder } from "./sync-folder.ts";

/** What SQLite and libSQL keep beside a database: with one of them left from another file it would be taken for part of this one. */
export const sideFileEndings = ["-wal", "-shm", "-journal", "-client_wal_index", "-info"] as const;

/** A name in the folder of `file` that nobody else uses, and, as it begins with a dot, no glob for databases finds. */
export function scratchName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.db`);
}

/** Files beside a database that hold changes which are not in it yet: SQLite's log, and that of Turso Database (`a.db-log` for `a.db` and `a.sqlite`). */
export function logsOf(file: string): readonly [sqlite: string, turso: string] {
  const { dir, name } = path.parse(file);
  return [`${file}-wal`, path.join(dir, `${name}.db-log`)];
}

/** Copies a file, by reference where the file system can, and brings the copy to the disk. */
export async function copySynced(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await syncFile(to);
}

/** Brings a file to the disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Gives the finished file `from` the name `to`, which must be free: nobody ever sees a part of it, nothing is overwritten, and once this
 * has resolved it survives a power cut. `from` is gone afterwards, also if this fails.
 *
 * @throws what the system says: `EEXIST` if there is a file of that name, or something that would be taken for a part of it.
 */
export async function placeFile(from: string, to: string): Promise<void> {
  try {
    const inTheWay = sideFileEndings.map((ending) => to + ending).find((file) => existsSync(file));
    if (inTheWay !== undefined) throw existing(inTheWay);
    // Unlike rename, link does not replace what is there.
    await link(from, to);
  } finally {
    await rm(from, { force: true });
  }
  await syncFolder(path.dirname(to));
}

function existing(file: string): Error {
  return Object.assign(new Error(`${file} exists`), { code: "EEXIST", syscall: "link" });
}
