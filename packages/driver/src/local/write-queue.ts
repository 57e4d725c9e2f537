import { LitefleetError } from "../errors.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import type { CallOptions } from "../api.ts";

/** Gives the turn back. Calling it again does nothing. */
export type Release = () => void;

/** How long a client waits for another client's turn when it has no `timeout`, in milliseconds. */
const defaultPatienceMs = 100;

/** How long it waits for its own earlier calls, in milliseconds: a turn that is never given back must not hang it for ever. */
const ownPatienceMs = 60_000;

/** Somebody who looks at what has the turn while a call waits for it. */
export interface TurnWatch {
  /** Milliseconds between looks. */
  readonly everyMs: number;
  /** An error ends the waiting. */
  look(): LitefleetError | undefined;
}

interface Waiter {
  readonly owner: object;
  readonly grant: (release: Release) => void;
}

const queues = new Map<string, WriteQueue>();

/**
 * The line of those who want to write to one database of this process, first come, first served. SQLite has one writer;
 * without the line, writers of one process would meet SQLITE_BUSY and the one with the luckiest timer would win.
 */
export class WriteQueue {
  readonly #waiters: Waiter[] = [];
  #holder: object | undefined;
  #heldSince = 0;
  #lastTicket = 0;
  #users = 0;
  readonly #path: string | undefined;
  readonly #library: string | undefined;

  /** Counts the schema changes that this process made, so that its connections know when to look again. */
  schemaVersion = 0;

  private constructor(path?: string, library?: string) {
    this.#path = path;
    this.#library = library;
  }

  /**
   * The line of the file at `path`, a resolved path: all clients of the process share it. Give it back with {@link leave}.
   *
   * @throws {LitefleetError} `CONFIG_INVALID` if another SQLite library has the file open: closing a file in one of them
   *   drops the locks of the other (POSIX locks belong to the process), and writes would be lost.
   * @see https://www.sqlite.org/howtocorrupt.html section 2.2.1
   */
  static ofFile(path: string, library: string): WriteQueue {
    const queue = queues.get(path) ?? new WriteQueue(path, library);
    if (queue.#library !== library) {
      throw new LitefleetError(
        `${path} is open in this process with engine "${queue.#library}", and cannot be opened with "${library}" as well: ` +
          "two SQLite libraries in one process lose each other's locks. Use one engine for it, or close the other client first.",
        "CONFIG_INVALID",
      );
    }
    queues.set(path, queue);
    queue.#users += 1;
    return queue;
  }

  /** A line of one client's own, for a database that nobody else can open. */
  static ofMemory(): WriteQueue {
    return new WriteQueue();
  }

  leave(): void {
    this.#users -= 1;
    if (this.#users === 0 && this.#path !== undefined) queues.delete(this.#path);
  }

  /** Whether several clients use it. */
  get isShared(): boolean {
    return this.#users > 1;
  }

  get length(): number {
    return this.#waiters.length;
  }

  get isHeld(): boolean {
    return this.#holder !== undefined;
  }

  /** The number of who came last, whether it waits, has the turn, or is done. */
  get lastTicket(): number {
    return this.#lastTicket;
  }

  /** Tells that who has the turn gets on with its work: the patience of those that wait begins anew. */
  progress(): void {
    this.#heldSince = performance.now();
  }

  /** Takes the turn if nobody has it or waits for it. */
  tryAcquire(owner: object): Release | undefined {
    if (this.#holder !== undefined || this.#waiters.length > 0) return undefined;
    this.#lastTicket += 1;
    return this.#hold(owner);
  }

  /**
   * Waits for the turn, for as long as the call may take. If it has no limit, a call of the same `owner` may keep it waiting
   * for a minute, and another client's for `patienceMs`, as SQLite's busy timeout would have it; where the line moves on,
   * each has that long.
   *
   * @throws {LitefleetError} `SQLITE_BUSY`, `TIMEOUT`, `ABORTED`, or what `watch` says.
   */
  acquire(owner: object, patienceMs: number | undefined, options: CallOptions, watch?: TurnWatch): Promise<Release> {
    const release = this.tryAcquire(owner);
    if (release !== undefined) return Promise.resolve(release);
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const { signal, timeoutMs } = options;
      const stop = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const giveUp = (error: LitefleetError): void => {
        stop();
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
        reject(error);
      };
      const onAbort = (): void => giveUp(abortedError(signal!));
      /** Milliseconds that are left of the patience with what has the turn now. */
      const patienceLeft = (): number => {
        const waited = performance.now() - Math.max(startedAt, this.#heldSince);
        return (this.#holder === owner ? ownPatienceMs : (patienceMs ?? defaultPatienceMs)) - waited;
      };
      const check = (): void => {
        const waited = performance.now() - startedAt;
        const leftMs = timeoutMs === undefined ? patienceLeft() : timeoutMs - waited;
        const seen = watch?.look();
        if (seen !== undefined) {
          giveUp(seen);
          return;
        }
        if (leftMs > 0) timer = setTimeout(check, Math.max(1, Math.min(leftMs, watch?.everyMs ?? leftMs)));
        else if (timeoutMs !== undefined) giveUp(timeoutError(timeoutMs, "its turn to write"));
        else giveUp(busyError(waited, this.#holder === owner));
      };
      const waiter: Waiter = {
        owner,
        grant: (granted) => {
          stop();
          resolve(granted);
        },
      };
      let timer: ReturnType<typeof setTimeout> | undefined;
      if (signal?.aborted === true) {
        reject(abortedError(signal));
        return;
      }
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#lastTicket += 1;
      check();
    });
  }

  #hold(owner: object): Release {
    this.#holder = owner;
    this.#heldSince = performance.now();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holder = undefined;
      const next = this.#waiters.shift();
      if (next !== undefined) next.grant(this.#hold(next.owner));
    };
  }
}

function busyError(waitedMs: number, isOwn: boolean): LitefleetError {
  const who = isOwn ? "an open transaction of this client" : "another client";
  return new LitefleetError(`database is locked by ${who} (waited ${Math.round(waitedMs)} ms)`, "SQLITE_BUSY", {
    extendedCode: "SQLITE_BUSY",
    rawCode: 5,
    isRetryable: true,
  });
}
