import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { LitefleetError } from "../../errors.ts";
import { isError } from "../../realm.ts";
import { holdsCommit } from "./holds-commit.ts";
import { emptyLog, logHeaderSize } from "./log-header.ts";
import { firstRow, rootOfMetaTable } from "./meta-table.ts";
import { sizeOf, whileHeld } from "./while-held.ts";

// A process that is killed between two steps of the engine leaves a file that Turso Database 0.7.2 cannot open again. Here the step
// that was to come is done in its stead; nothing is ever taken away.

/**
 * Writes the number of pages into the header of a database whose creator was killed right after its first page: opening it would end the
 * process. A file that has the number, or is no database in MVCC mode, is left alone.
 *
 * @throws {LitefleetError} `SQLITE_BUSY` if another process has it open; `SQLITE_CANTOPEN` if it cannot be written.
 */
export function completeHeader(path: string): void {
  if (!existsSync(path) || !lacksPageCount(path)) return;
  completing(path, (file) => {
    const { isMvcc, pageCount, pageSize } = readHeader(file);
    // The engine reads the header from the WAL where that holds one.
    if (!isMvcc || pageCount > 0 || walHoldsCommit(path)) return;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(Math.floor(sizeOf(path) / pageSize));
    write(file, bytes, 28);
  });
}

/**
 * Completes what the engine has just found half done: its log after a checkpoint, whose header is missing while the WAL still stands, or
 * a table of its own, which was made but not filled. To be called when it has refused the file as corrupt.
 *
 * @returns whether there was something to complete: the file can be opened then.
 * @throws {LitefleetError} `SQLITE_BUSY` if another process has opened it meanwhile; `SQLITE_CANTOPEN` if it cannot be written.
 */
export function completeStep(path: string): boolean {
  const log = `${path}-log`;
  // With transactions in its log the file is neither.
  if (sizeOf(log) > logHeaderSize) return false;
  return completing(path, (file) => {
    if (sizeOf(log) > 0 || !walHoldsCommit(path)) return fillMetaTable(file);
    opened(log, "r+", (logFile) => write(logFile, emptyLog(), 0));
    return true;
  });
}

function fillMetaTable(file: number): boolean {
  const { isMvcc, pageSize, reserved } = readHeader(file);
  if (!isMvcc) return false;
  const read = (number: number): Buffer => {
    const page = Buffer.alloc(pageSize);
    readSync(file, page, 0, pageSize, (number - 1) * pageSize);
    return page;
  };
  const root = rootOfMetaTable(read);
  if (root === undefined) return false;
  const changes = firstRow(read(root), pageSize - reserved);
  for (const { offset, bytes } of changes ?? []) write(file, bytes, (root - 1) * pageSize + offset);
  return changes !== undefined;
}

/** Whether it is a database in MVCC mode whose header says that it has no pages. What cannot be read is left for the engine to judge. */
function lacksPageCount(path: string): boolean {
  try {
    const { isMvcc, pageCount } = opened(path, "r", readHeader);
    return isMvcc && pageCount === 0;
  } catch {
    return false;
  }
}

interface Header {
  readonly isMvcc: boolean;
  readonly pageSize: number;
  /** Bytes at the end of each page that the database does not use. */
  readonly reserved: number;
  readonly pageCount: number;
}

/** @see https://www.sqlite.org/fileformat.html section 1.3 */
function readHeader(file: number): Header {
  const header = Buffer.alloc(100);
  const isWhole = readSync(file, header, 0, header.length, 0) === header.length;
  const pageSize = header.readUInt16BE(16);
  return {
    isMvcc: isWhole && header.toString("latin1", 0, 15) === "SQLite format 3" && header[18] === 255,
    pageSize: pageSize === 1 ? 65_536 : pageSize,
    reserved: header.readUInt8(20),
    pageCount: header.readUInt32BE(28),
  };
}

function walHoldsCommit(path: string): boolean {
  return existsSync(`${path}-wal`) && opened(`${path}-wal`, "r", holdsCommit);
}

function completing<T>(path: string, work: (file: number) => T): T {
  try {
    return whileHeld(path, work);
  } catch (cause) {
    if (cause instanceof LitefleetError) throw cause;
    throw new LitefleetError(
      `Cannot open ${path}: the process that wrote it was killed in the middle, and what it left cannot be completed ` +
        `(${isError(cause) ? cause.message : String(cause)}). Let this process write the file and those beside it (-wal, -log).`,
      "SQLITE_CANTOPEN",
      { extendedCode: "SQLITE_CANTOPEN", rawCode: 14, cause },
    );
  }
}

function opened<T>(path: string, flags: "r" | "r+", work: (file: number) => T): T {
  const file = openSync(path, flags);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

/** Writes and brings it to the disk. */
function write(file: number, bytes: Buffer, offset: number): void {
  writeSync(file, bytes, 0, bytes.length, offset);
  fsyncSync(file);
}
