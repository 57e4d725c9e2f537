import type { CallOptions } from "../api.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import type { Connection } from "./connection.ts";

/** The most connections kept open without use. */
const maxIdle = 8;

/** Connections for transactions and iterations of one client: opened when needed, reused, bounded. */
export class ConnectionPool {
  readonly #open: () => Connection;
  readonly #maxConnections: number;
  readonly #idle: Connection[] = [];
  readonly #used = new Set<Connection>();
  readonly #waiters: ((connection: Connection) => void)[] = [];
  #isClosed = false;

  constructor(open: () => Connection, maxConnections: number) {
    this.#open = open;
    this.#maxConnections = maxConnections;
  }

  get size(): number {
    return this.#idle.length + this.#used.size;
  }

  /** A connection outside a transaction. May exceed the bound: for the one that has the turn to write, whom all wait for. */
  take(): Connection {
    const connection = this.#idle.pop() ?? this.#open();
    this.#used.add(connection);
    return connection;
  }

  /** A connection as soon as the bound allows, first come, first served. */
  acquire(options: CallOptions): Promise<Connection> {
    if (this.#used.size < this.#maxConnections) {
      return new Promise((resolve) => {
        resolve(this.take());
      });
    }
    const { signal, timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const stop = (error?: Error): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        if (error === undefined) return;
        this.#waiters.splice(this.#waiters.indexOf(grant), 1);
        reject(error);
      };
      const onAbort = (): void => stop(abortedError(signal!));
      const grant = (connection: Connection): void => {
        stop();
        resolve(connection);
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(() => stop(timeoutError(timeoutMs, "a connection")), timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiters.push(grant);
    });
  }

  /** Takes a connection back; one that is not sound any more is closed. */
  release(connection: Connection): void {
    if (!this.#used.delete(connection)) return;
    const isSound = !connection.tainted && !connection.inTransaction;
    if (this.#isClosed || !isSound || this.#idle.length >= maxIdle) connection.close();
    else this.#idle.push(connection);
    if (this.#used.size >= this.#maxConnections) return;
    const next = this.#waiters.shift();
    if (next !== undefined) next(this.take());
  }

  /** Closes what lies idle, so that later connections are opened anew. */
  refresh(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  close(): void {
    this.#isClosed = true;
    this.refresh();
    for (const connection of this.#used) connection.close();
    this.#used.clear();
  }
}
