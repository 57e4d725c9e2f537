import type { Config as LibsqlConfig } from "@libsql/core/api";
import type { IntMode } from "./api.ts";
import type { Resolve } from "./offline/conflict.ts";

/** Which library runs local SQL. */
export type LocalEngineName = "libsql" | "sqlite" | "turso";

/** Options of `createClient`: those of `@libsql/client`, with the same names and meanings, and ours. */
export interface Config extends Omit<LibsqlConfig, "intMode" | "authToken" | "offline"> {
  /**
   * The database: `:memory:`, `file:path.db`, or a server as `http:`, `https:`, `ws:`, `wss:` or `libsql:`.
   * With `syncUrl` a `file:` URL is the place of the local copy.
   */
  readonly url: string;
  /** The server's token, or a function that fetches one: called at first use, and again when the server refuses it. */
  readonly authToken?: string | (() => string | Promise<string>) | undefined;
  /**
   * What runs a local database.
   *
   * - `"libsql"` (default): the libSQL library; encryption and vector index.
   * - `"sqlite"`: `node:sqlite`, no native dependency and the fastest reads.
   * - `"turso"`: Turso Database with MVCC, for concurrent-write transactions. Needs `@tursodatabase/database`.
   */
  readonly engine?: LocalEngineName;
  /**
   * Takes writes while the primary at `syncUrl` is away, and carries them there with `push()` or `sync()`. Needs `engine: "turso"` and
   * `@tursodatabase/sync`. Default false.
   */
  readonly offline?: boolean;
  /**
   * Lets an offline client write to tables whose key is a number that SQLite picks (AUTOINCREMENT, INTEGER PRIMARY KEY, none). Two
   * clients that pick the same number end in a conflict. Default false: such writes are `UNSUPPORTED`.
   */
  readonly allowRowidKeys?: boolean;
  /**
   * Decides what becomes of a change of an offline client that the primary's data stand against. Default: it goes to
   * `client.conflicts()`.
   */
  readonly resolve?: Resolve;
  /** How integers are read. Default `"number"`. */
  readonly intMode?: IntMode;
  /** Prepared statements kept per connection. Default 200. */
  readonly statementCacheSize?: number;
  /**
   * `"checked"`: every transaction and batch of the client enforces foreign keys, and a concurrent one ends in `CONFLICT` if it would
   * leave an orphan because of another one. Default: enforced within each transaction, as the connection is set.
   *
   * @see docs/concurrency.md for its cost.
   */
  readonly foreignKeys?: "checked";
  /** Connections that transactions of one local client may hold at once; more wait. Default 64. */
  readonly maxConnections?: number;
}
