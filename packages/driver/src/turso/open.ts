import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Capabilities } from "../api.ts";
import type { Engine } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import { Connection } from "../local/connection.ts";
import { LocalEngine } from "../local/local-engine.ts";
import type { NativeLibrary } from "../local/native.ts";
import { WriteQueue } from "../local/write-queue.ts";
import type { OnConflict } from "./conflict-retry.ts";
import { checkFile } from "./check-file.ts";
import { ForeignKeyWatch } from "./foreign-keys/foreign-key-watch.ts";
import { TursoConnection } from "./turso-connection.ts";
import { TursoEngine } from "./turso-engine.ts";

const capabilities: Capabilities = {
  concurrentWrites: "mvcc",
  vectorDistance: true,
  vectorIndex: false,
  sync: false,
  offlineWrites: false,
  encryption: false,
  fullTextSearch: false,
  recursiveCte: false,
};

/** Where a Turso database lies and how it is opened. */
export interface TursoOptions {
  /** A file path or `:memory:`. */
  readonly path: string;
  readonly isMemory: boolean;
  readonly encryptionKey: string | undefined;
  /** Milliseconds to wait for the turn of another client of this process. */
  readonly timeoutMs: number | undefined;
  /** Prepared statements kept per connection. */
  readonly statementCacheSize: number;
  /** Transactions and iterations that may be open at once; more wait. */
  readonly maxConnections: number;
  /** Told of each conflict after which the engine itself runs an autocommit statement or a batch again. */
  readonly onConflict?: OnConflict;
}

/**
 * Opens a Turso database at once, creating the file if it is missing. A file is put into MVCC mode for good: other SQLite
 * programs cannot read it before `PRAGMA journal_mode = 'wal'` was run on it by a Turso program.
 *
 * @throws {LitefleetError} `ENGINE_MISSING` without `@tursodatabase/database`; `SQLITE_BUSY` if another process has the file
 *   open; `UNSUPPORTED` if the file holds what the engine cannot read; `SQLITE_CANTOPEN`, `SQLITE_NOTADB` and the like, with
 *   the path; `CONFIG_INVALID` if another library of this process has it open.
 */
export function openTurso(options: TursoOptions): Engine {
  if (options.encryptionKey !== undefined) {
    throw unsupported("encryptionKey", 'Use engine: "libsql" for a database that is encrypted at rest.');
  }
  if (options.isMemory && options.path !== ":memory:") {
    throw unsupported("A named in-memory database", 'Use ":memory:", which belongs to one client, or a file.');
  }
  const path = options.isMemory ? options.path : resolvePath(options.path);
  const queue = options.isMemory ? WriteQueue.ofMemory() : WriteQueue.ofFile(path, "turso");
  const { statementCacheSize } = options;
  const connect = (): TursoConnection => openConnection(path, statementCacheSize);
  const library = libraryOf(options.isMemory, connect);
  const natives = new WeakMap<Connection, TursoConnection>();
  const wrap = (native: TursoConnection): Connection => {
    const connection = new Connection(library, native, queue, statementCacheSize);
    natives.set(connection, native);
    return connection;
  };
  const open = (): Connection => wrap(connect());
  try {
    if (!options.isMemory) checkFile(path);
    const first = wrap(options.isMemory ? connect() : inMvcc(connect()));
    const local = new LocalEngine({
      ...options,
      // Opening one costs as much as several transactions.
      maxIdleConnections: options.maxConnections,
      path,
      library,
      capabilities: { ...capabilities, concurrentWrites: options.isMemory ? "serialized" : "mvcc" },
      queue,
      open,
      first,
    });
    const { isMemory, timeoutMs, onConflict } = options;
    const foreignKeys = new ForeignKeyWatch(open, queue);
    const commitUnsynced = (connection: Connection): boolean => natives.get(connection)?.commitUnsynced() ?? false;
    const file = isMemory ? undefined : { path, commitUnsynced };
    return new TursoEngine({ local, queue, timeoutMs, onConflict, foreignKeys, file });
  } catch (error) {
    queue.leave();
    throw error;
  }
}

/** What a local engine must know of the library. Its errors come classified, so there is nothing to describe. */
function libraryOf(isMemory: boolean, connect: () => TursoConnection): NativeLibrary {
  return {
    // The engine around the local one has its own name.
    name: "turso",
    open: connect,
    describeError: () => undefined,
    // In MVCC mode a snapshot that needs no turn; what is written in it is settled at COMMIT.
    beginRead: isMemory ? "BEGIN DEFERRED" : "BEGIN CONCURRENT",
  };
}

/** The first connection, once the file is in MVCC mode; closed if that fails. */
function inMvcc(connection: TursoConnection): TursoConnection {
  try {
    const [mode] = connection.prepare("PRAGMA journal_mode").all([], false);
    // Setting it again would need the database for itself, and another client may have transactions open.
    if (mode?.[0] !== "mvcc") connection.exec("PRAGMA journal_mode = 'mvcc'");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openConnection(path: string, statementCacheSize: number): TursoConnection {
  const connection = new TursoConnection(path, statementCacheSize);
  // On from the start, as the other engines have it.
  connection.exec("PRAGMA foreign_keys = ON");
  return connection;
}

/**
 * The one name of a file, whatever links lead to it, also before it exists.
 *
 * @throws {LitefleetError} `SQLITE_CANTOPEN` if its folder does not exist.
 */
function resolvePath(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  const directory = dirname(absolute);
  if (existsSync(directory)) return join(realpathSync(directory), basename(absolute));
  throw new LitefleetError(
    `Cannot open the database ${path}: the folder ${directory} does not exist; create it first`,
    "SQLITE_CANTOPEN",
    { extendedCode: "SQLITE_CANTOPEN", rawCode: 14 },
  );
}
