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
import { completeHeader, completeStep } from "./recovery/complete-file.ts";
import { ForeignKeyWatch } from "./foreign-keys/foreign-key-watch.ts";
import { TursoConnection } from "./turso-connection.ts";
import { SwitchableEngine } from "./switchable-engine.ts";
import type { FileMode, OpenedFile } from "./switchable-engine.ts";
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
  if (options.isMemory) {
    const queue = WriteQueue.ofMemory();
    return openEngine(options, options.path, queue, () => "wal").engine;
  }
  const path = resolvePath(options.path);
  return new SwitchableEngine((wanted) => openFile(options, path, wanted));
}

/** Opens the file and puts it into `wanted` mode, unless another client of the process has chosen another one. */
function openFile(options: TursoOptions, path: string, wanted: FileMode): OpenedFile {
  const queue = WriteQueue.ofFile(path, "turso");
  try {
    // Closing the file after a look would drop the locks that the engine holds for another client.
    if (!queue.isShared) {
      completeHeader(path);
      if (wanted === "mvcc") checkFile(path);
    }
    const open = (): ReturnType<typeof openEngine> =>
      openEngine(options, path, queue, (connection) => {
        const found = modeOf(connection);
        if (found === wanted || queue.isShared) return found;
        connection.exec(`PRAGMA journal_mode = '${wanted}'`);
        return modeOf(connection);
      });
    const { engine, mode } = openCompleted(path, queue, open);
    return { engine, mode, isShared: () => queue.isShared };
  } catch (error) {
    queue.leave();
    throw error;
  }
}

/** Opens a file, again if the engine refuses it as corrupt for a step that a killed process has left undone. */
function openCompleted<T>(path: string, queue: WriteQueue, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const isCorrupt = error instanceof LitefleetError && error.code === "SQLITE_CORRUPT";
    if (!isCorrupt || queue.isShared || !completeStep(path)) throw error;
    return open();
  }
}

/** @param settle puts the file into its mode on the first connection, and says which that is. */
function openEngine(
  options: TursoOptions,
  path: string,
  queue: WriteQueue,
  settle: (connection: TursoConnection) => FileMode,
): { readonly engine: TursoEngine; readonly mode: FileMode } {
  const { statementCacheSize, timeoutMs, onConflict } = options;
  const connect = (): TursoConnection => openConnection(path, statementCacheSize);
  const native = connect();
  const mode = orClosed(native, settle);
  const isMvcc = mode === "mvcc";
  const library = libraryOf(isMvcc, connect);
  const natives = new WeakMap<Connection, TursoConnection>();
  const wrap = (wrapped: TursoConnection): Connection => {
    const connection = new Connection(library, wrapped, queue, statementCacheSize);
    natives.set(connection, wrapped);
    return connection;
  };
  const open = (): Connection => wrap(connect());
  const first = wrap(native);
  const local = new LocalEngine({
    ...options,
    // Opening one costs as much as several transactions.
    maxIdleConnections: options.maxConnections,
    path,
    library,
    capabilities: { ...capabilities, concurrentWrites: isMvcc ? "mvcc" : "serialized" },
    queue,
    open,
    first,
  });
  const commitUnsynced = (connection: Connection): boolean => natives.get(connection)?.commitUnsynced() ?? false;
  const engine = new TursoEngine({
    local,
    queue,
    timeoutMs,
    onConflict,
    foreignKeys: new ForeignKeyWatch(open, queue),
    mvcc: isMvcc ? { path, commitUnsynced } : undefined,
  });
  return { engine, mode };
}

/** What a local engine must know of the library. Its errors come classified, so there is nothing to describe. */
function libraryOf(isMvcc: boolean, connect: () => TursoConnection): NativeLibrary {
  return {
    // The engine around the local one has its own name.
    name: "turso",
    open: connect,
    describeError: () => undefined,
    // In MVCC mode a snapshot that needs no turn; what is written in it is settled at COMMIT.
    beginRead: isMvcc ? "BEGIN CONCURRENT" : "BEGIN DEFERRED",
  };
}

function modeOf(connection: TursoConnection): FileMode {
  const [mode] = connection.prepare("PRAGMA journal_mode").all([], false);
  return mode?.[0] === "mvcc" ? "mvcc" : "wal";
}

/** What `work` gives; closes the connection if it fails. */
function orClosed<T>(connection: TursoConnection, work: (connection: TursoConnection) => T): T {
  try {
    return work(connection);
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
