import type { CallOptions } from "../api.ts";
import { LitefleetError } from "../errors.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import type { Connection } from "./connection.ts";

/** The most connections kept open without use, unless the pool is told otherwise. */
const defaultMaxIdle = 8;

interface Waiter {
  readonly grant: (connection: Connection) => void;
  readonly fail: (error: unknown) => void;
}

/** Connections for transactions and iterations of one client: opened when needed, reused, bounded. */
export class ConnectionPool {
  readonly #open: () => Connection;
  readonly #maxConnections: number;
  readonly #maxIdle: number;
  readonly #idle: Connection[] = [];
  readonly #used = new Set<Connection>();
  readonly #waiters: Waiter[] = [];
  #isClosed = false;

  constructor(open: () => Connection, maxConnections: number, maxIdle = defaultMaxIdle) {
    this.#open = open;
    this.#maxConnections = maxConnections;
    this.#maxIdle = maxIdle;
  }

  get size(): number {
    return this.#idle.length + this.#used.size;
  }

  /** Takes over an open connection. */
  add(connection: Connection): void {
    this.#idle.push(connection);
  }

  /** A connection outside a transaction. May exceed the bound: for the one that has the turn to write, whom all wait for. */
  take(): Connection {
    const connection = this.#idle.pop() ?? this.#open();
    this.#used.add(connection);
    return connection;
  }

  /** A connection as soon as the bound allows, first come, first served. */
  acquire(options: CallOptions): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const { signal, timeoutMs } = options;
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const waiter: Waiter = {
      grant: (connection) => {
        stop();
        resolve(connection);
      },
      fail: (error) => {
        stop();
        reject(error);
      },
    };
    const giveUp = (error: Error): void => {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.fail(error);
    };
    const onAbort = (): void => giveUp(abortedError(signal!));
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (this.#used.size < this.#maxConnections) {
      this.#grantTo(waiter);
      return promise;
    }
    if (timeoutMs !== undefined) timer = setTimeout(() => giveUp(timeoutError(timeoutMs, "a connection")), timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiters.push(waiter);
    return promise;
  }

  /** Takes a connection back; one that is not sound any more is closed. */
  release(connection: Connection): void {
    if (!this.#used.delete(connection)) return;
    const isSound = !connection.tainted && !connection.inTransaction;
    if (this.#isClosed || !isSound || this.#idle.length >= this.#maxIdle) connection.close();
    else this.#idle.push(connection);
    if (this.#used.size >= this.#maxConnections) return;
    const next = this.#waiters.shift();
    if (next !== undefined) this.#grantTo(next);
  }

  /** Closes what lies idle, so that later connections are opened anew. */
  refresh(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) {
      waiter.fail(new LitefleetError("The client was closed while the call waited", "CLIENT_CLOSED"));
    }
    this.refresh();
    for (const connection of this.#used) connection.close();
    this.#used.clear();
  }

  #grantTo(waiter: Waiter): void {
    try {
      waiter.grant(this.take());
    } catch (error) {
      waiter.fail(error);
    }
  }
}
