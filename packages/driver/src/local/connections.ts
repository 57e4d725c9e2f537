import type { CallOptions } from "../api.ts";
import type { MaybePromise } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { attachedTo } from "./attached.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { SessionPragmas } from "./session-pragmas.ts";

/** How the connections of a client are opened. */
export interface ConnectionsOptions {
  readonly open: () => Connection;
  /** The main connection, which is open already. */
  readonly first: Connection;
  /** In memory there is one connection, and everything runs on it. */
  readonly isMemory: boolean;
  readonly maxConnections: number;
  /** Connections kept open without use. Default 8. */
  readonly maxIdleConnections?: number;
}

/** The connections of a local client: the main one for autocommit statements, and a pool of others. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #pool: ConnectionPool;
  readonly #pragmas = new SessionPragmas();
  #attached: readonly string[] = [];
  #main: Connection | undefined;
  /** It may hold what later calls rely on: settings, temporary tables, the counters of a write. */
  #isMainInUse = false;
  #isClosed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#main = options.first;
    this.#pool = new ConnectionPool(() => this.#open(), options.maxConnections, options.maxIdleConnections);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Connections held open. */
  get size(): number {
    if (this.#isClosed) return 0;
    return this.#pool.size + (this.#main === undefined ? 0 : 1);
  }

  /** The connection of autocommit statements, whatever state it is in. */
  get main(): Connection {
    this.#main ??= this.#open();
    return this.#main;
  }

  /** The same, replaced if another statement than this one has left it unsound. */
  mainFor(sql: string): Connection {
    this.#isMainInUse = true;
    return this.mainToRead(sql);
  }

  /** The same, for what leaves nothing behind that a later call could miss. */
  mainToRead(sql: string): Connection {
    this.checkOpen();
    if (this.#main?.isSoundFor(sql) === false && !this.#options.isMemory) {
      const fresh = this.#open();
      this.#main.close();
      this.#main = fresh;
    }
    return this.main;
  }

  /** A connection for somebody alone; give it back with {@link release}. One who has the turn to write does not wait. */
  acquire(hasTurn: boolean, options: CallOptions): MaybePromise<Connection> {
    if (this.#options.isMemory) return this.main;
    this.#lendMain();
    return hasTurn ? this.#pool.take() : this.#pool.acquire(options);
  }

  release(connection: Connection): void {
    if (connection !== this.#main) this.#pool.release(connection);
  }

  /** Keeps a setting for later connections. Those in use keep what they were opened with. */
  remember(pragma: string, sql: string): void {
    if (this.#options.isMemory) return;
    this.#pragmas.remember(pragma, sql);
    this.#pool.refresh();
  }

  /** After an ATTACH or DETACH: later connections get what the main one has. */
  rememberAttached(): void {
    if (this.#options.isMemory) return;
    this.#attached = attachedTo(this.main);
    this.#pool.refresh();
  }

  /** @throws {LitefleetError} `CLIENT_CLOSED`. */
  checkOpen(): void {
    if (this.#isClosed) throw new LitefleetError("The client is closed", "CLIENT_CLOSED");
  }

  /** Opens none any more; those that are open stay so until {@link close}. */
  stop(): void {
    this.#isClosed = true;
  }

  close(): void {
    this.stop();
    this.#pool.close();
    this.#main?.close();
  }

  /**
   * Whoever opens a file to read a little and then to write in a transaction, as migrations do, needs one connection: opening another one
   * and reading the schema again costs as much as such a transaction.
   */
  #lendMain(): void {
    const main = this.#main;
    if (main === undefined || this.#isMainInUse || this.#pool.size > 0) return;
    if (main.tainted || main.inTransaction) return;
    this.#main = undefined;
    this.#pool.add(main);
  }

  #open(): Connection {
    this.checkOpen();
    const connection = this.#options.open();
    for (const sql of this.#pragmas.statements()) connection.exec(sql);
    for (const sql of this.#attached) attach(connection, sql);
    return connection;
  }
}

/** A file that is gone since, or needs a key, must not keep the client from its own database. */
function attach(connection: Connection, sql: string): void {
  try {
    connection.exec(sql);
  } catch {
    // What names it fails with "no such table".
  }
}
