import { LitefleetError, plainMessage } from "../errors.ts";
import { classifyNative } from "../local/classify.ts";
import { libsqlLibrary } from "../local/libsql.ts";
import type { NativeConnection } from "../local/native.ts";

/**
 * Keeps a replica to one client: two that sync the same file would write over each other. The lock is one of the operating system's
 * and goes with the process, however that ends.
 */
export class FileLock {
  /** The locks of this process, by path, with the work that their last holder has yet to end. */
  static readonly #held = new Map<string, FileLock>();
  readonly #path: string;
  readonly #connection: NativeConnection;
  #released: Promise<void> | undefined;
  #isTaken = false;

  private constructor(path: string, connection: NativeConnection) {
    this.#path = path;
    this.#connection = connection;
  }

  /**
   * Takes the lock of the replica at `path`. A client of this process that was closed hands it over, and `ready` tells when its last
   * work is done.
   *
   * @throws {LitefleetError} `CONFIG_INVALID` if another client has it.
   */
  static take(path: string): { readonly lock: FileLock; readonly ready: Promise<void> | undefined } {
    const before = FileLock.#held.get(path);
    if (before !== undefined && before.#released === undefined) throw inUse(path);
    if (before !== undefined) before.#isTaken = true;
    const lock = before === undefined ? FileLock.#open(path) : new FileLock(path, before.#connection);
    FileLock.#held.set(path, lock);
    return { lock, ready: before === undefined ? undefined : before.#released };
  }

  /** Gives the lock back when `ended` has settled. */
  release(ended: Promise<void>): void {
    const end = (): void => {
      if (this.#isTaken) return;
      FileLock.#held.delete(this.#path);
      this.#connection.close();
    };
    this.#released = ended.then(end, end);
  }

  static #open(path: string): FileLock {
    let connection: NativeConnection | undefined;
    try {
      connection = libsqlLibrary.open(`${path}-lock`, { encryptionKey: undefined });
      connection.exec("BEGIN EXCLUSIVE");
      return new FileLock(path, connection);
    } catch (error) {
      connection?.close();
      const classified = classifyNative(libsqlLibrary, error);
      if (!(classified instanceof LitefleetError)) throw classified;
      if (classified.code === "SQLITE_BUSY") throw inUse(path);
      const { code, extendedCode, rawCode } = classified;
      const why = `the driver cannot write beside it (${plainMessage(classified)})`;
      throw new LitefleetError(`Cannot open the replica ${path}: ${why}`, code, {
        extendedCode,
        rawCode,
        cause: error,
      });
    }
  }
}

function inUse(path: string): LitefleetError {
  return new LitefleetError(
    `The replica ${path} is open in another client or process. Share one client, or give each its own file.`,
    "CONFIG_INVALID",
    { isRetryable: true },
  );
}
