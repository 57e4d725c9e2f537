import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { LitefleetError } from "../errors.ts";
import { isError } from "../realm.ts";
import { CopySeal } from "./copy-seal.ts";

/** Where a local copy stands in the primary's log. */
export interface LogPosition {
  /** Names the primary's log. */
  readonly epoch: string;
  /** Number of the last frame that the copy holds; `undefined` for none. */
  readonly frameNo: number | undefined;
}

/** The frame number that the native library writes while there is none. */
const noFrame = 0xffff_ffff_ffff_ffffn;
/** 16 bytes of the log's id and 8 of the frame number, both with the low byte first. */
const indexLength = 24;

/** The files of one replica, and what can be wrong with them. */
export class ReplicaFiles {
  readonly path: string;
  readonly seal: CopySeal;

  constructor(path: string) {
    this.path = path;
    this.seal = new CopySeal(path);
  }

  /** Where the next copy is fetched to, beside the one that is read. */
  get next(): ReplicaFiles {
    return new ReplicaFiles(`${this.path}-next`);
  }

  get #index(): string {
    return `${this.path}-client_wal_index`;
  }

  /** What the native library noted; `undefined` if it is missing or says nothing. */
  position(): LogPosition | undefined {
    if (!existsSync(this.#index)) return undefined;
    const bytes = readFileSync(this.#index);
    if (bytes.length < indexLength) return undefined;
    const id = bytes.subarray(0, 16).toReversed();
    const hex = Buffer.from(id).toString("hex");
    if (/^0+$/u.test(hex)) return undefined;
    const epoch = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
    const frameNo = bytes.readBigUInt64LE(16);
    return { epoch, frameNo: frameNo === noFrame ? undefined : Number(frameNo) };
  }

  /**
   * Whether there is a whole copy, fit to be read. False means that one has to be fetched; what lies here then is a remnant.
   *
   * @throws {LitefleetError} `CONFIG_INVALID` for a database that is no replica: it is somebody's, and stays as it is.
   */
  isWhole(): boolean {
    const hasData = existsSync(this.path) && statSync(this.path).size > 0;
    const position = this.position();
    if (hasData && !this.seal.exists && position === undefined) {
      throw new LitefleetError(
        `${this.path} is not an embedded replica, or its file ${this.#index} is missing. ` +
          "To make a replica here, move the database away first.",
        "CONFIG_INVALID",
      );
    }
    return hasData && position !== undefined && !this.#isTruncated() && !this.seal.isBroken();
  }

  /** Whether a fetch that broke off here can go on, to a place in the log. */
  canGoOnTo({ epoch, frameNo }: LogPosition): boolean {
    const position = this.position();
    return position?.epoch === epoch && (position.frameNo ?? -1) <= (frameNo ?? -1) && this.isWhole();
  }

  /** Removes the copy and all that belongs to it. */
  remove(): void {
    // The index goes first: without it nothing that is left is taken for a whole copy.
    for (const ending of ["-client_wal_index", "-wal", "-shm", ""]) rmSync(this.path + ending, { force: true });
  }

  /** Puts the copy that was fetched to `next` in this one's place. Nobody may have either of them open. */
  swapIn(): void {
    this.seal.open();
    this.remove();
    const { next } = this;
    for (const ending of ["-wal", "", "-client_wal_index"]) renameIfThere(next.path + ending, this.path + ending);
    next.remove();
  }

  /** A database whose file ends before its last page, with nothing in the WAL that could make up for it. */
  #isTruncated(): boolean {
    const wal = `${this.path}-wal`;
    if (existsSync(wal) && statSync(wal).size > 0) return false;
    const head = readHead(this.path);
    // An encrypted file has no such head; its pages tell by themselves whether they are whole.
    if (head.subarray(0, 16).toString("latin1") !== "SQLite format 3\0") return false;
    const pageSize = head.readUInt16BE(16);
    return statSync(this.path).size < head.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize);
  }
}

/**
 * The native library gives a database back a little later than it says: it may still write the WAL into the file, with which it
 * then has all, and remove the WAL under our hands. A look beforehand would not help.
 */
function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(isError(error) && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return head;
}
