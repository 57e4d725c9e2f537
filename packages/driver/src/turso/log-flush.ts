import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { promisify } from "node:util";
import { LitefleetError } from "../errors.ts";

const flushAside = promisify(fdatasync);

const open = new Map<string, LogFlush>();

/**
 * Brings the log of committed transactions to the disk, off the JavaScript thread, once for all that were committed while the
 * flush before was under way. All clients of the process share it for a file: the engine holds POSIX locks on the log, and closing
 * any descriptor of it would drop them, so it stays open until the last client has closed.
 */
export class LogFlush {
  readonly #path: string;
  #users = 0;
  #descriptor: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** That of the database at `path`, a resolved path. Give it back with {@link leave}. */
  static of(path: string): LogFlush {
    const flush = open.get(path) ?? new LogFlush(path);
    open.set(path, flush);
    flush.#users += 1;
    return flush;
  }

  /** Resolves when all that has been committed so far is on the disk. */
  flush(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    );
    return this.#next;
  }

  /** Once the engine is closed; what was committed is on the disk afterwards. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    if (this.#descriptor !== undefined && this.#running !== undefined) fdatasyncSync(this.#descriptor);
    // A flush that is under way still needs it.
    if (this.#running === undefined) this.#close();
  }

  #startNext(): Promise<void> {
    this.#next = undefined;
    return this.#start();
  }

  #start(): Promise<void> {
    this.#running = this.#flush().finally(() => {
      this.#running = undefined;
      if (this.#users === 0 && this.#next === undefined) this.#close();
    });
    return this.#running;
  }

  async #flush(): Promise<void> {
    try {
      // Windows flushes only what may be written.
      this.#descriptor ??= openSync(`${this.#path}-log`, "r+");
      await flushAside(this.#descriptor);
    } catch (cause) {
      throw new LitefleetError(
        "The transaction was committed, but its log could not be brought to the disk: it may be lost if the machine stops now",
        "OUTCOME_UNKNOWN",
        { cause },
      );
    }
  }

  #close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    open.delete(this.#path);
  }
}
