import { closeSync, openSync, statSync } from "node:fs";
import { LitefleetError } from "../../errors.ts";
import { nodeSqliteLibrary } from "../../local/node-sqlite.ts";

const busy = 5;
const notADatabase = 26;

/**
 * Runs `work` while nobody else can open the database: SQLite's own shared lock lies on it, which the engine's lock on the whole file
 * excludes, and which goes with the process. It must not be open in this process, and `work` must not open it, for closing a file drops
 * the locks of the process on it.
 *
 * @param work is given the file, open for reading and writing.
 * @throws {LitefleetError} `SQLITE_BUSY` if another process has the database open. What `work` throws, and why a file cannot be opened.
 */
export function whileHeld<T>(path: string, work: (file: number) => T): T {
  const file = openSync(path, "r+");
  try {
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      // With a WAL the lock stays until the database is closed; without one, only in this mode.
      if (sizeOf(`${path}-wal`) === 0) database.exec("PRAGMA locking_mode = EXCLUSIVE");
      takeLock(path, () => database.prepare("SELECT 1 FROM sqlite_schema").all());
      return work(file);
    } finally {
      database.close();
    }
  } finally {
    closeSync(file);
  }
}

/** The size of a file in bytes, 0 if it does not exist. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** @param read takes the lock, and keeps it when it then finds out that a file in MVCC mode is none of SQLite's. */
function takeLock(path: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    const rawCode = nodeSqliteLibrary.describeError(error)?.rawCode;
    if (rawCode === notADatabase) return;
    if (rawCode !== undefined && (rawCode & 0xff) === busy) throw inUse(path, error);
    throw error;
  }
}

function inUse(path: string, cause: unknown): LitefleetError {
  return new LitefleetError(`Cannot open ${path}: another process has it open`, "SQLITE_BUSY", {
    extendedCode: "SQLITE_BUSY",
    rawCode: busy,
    isRetryable: true,
    cause,
  });
}
