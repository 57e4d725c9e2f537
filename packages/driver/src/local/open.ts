import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Capabilities } from "../api.ts";
import { LitefleetError, plainMessage } from "../errors.ts";
import { classifyNative, isBusy } from "./classify.ts";
import { Connection } from "./connection.ts";
import { libsqlLibrary } from "./libsql.ts";
import { LocalEngine } from "./local-engine.ts";
import type { NativeLibrary } from "./native.ts";
import { nodeSqliteLibrary } from "./node-sqlite.ts";
import { WriteQueue } from "./write-queue.ts";

const libraries: Readonly<Record<"libsql" | "sqlite", NativeLibrary>> = {
  libsql: libsqlLibrary,
  sqlite: nodeSqliteLibrary,
};

const localCapabilities = {
  concurrentWrites: "serialized",
  sync: false,
  offlineWrites: false,
  fullTextSearch: true,
  recursiveCte: true,
} as const;

const capabilities: Readonly<Record<"libsql" | "sqlite", Capabilities>> = {
  libsql: { ...localCapabilities, vectorDistance: true, vectorIndex: true, encryption: true },
  sqlite: { ...localCapabilities, vectorDistance: true, vectorIndex: false, encryption: false },
};

/** Where a local database lies and how it is opened. */
export interface LocalOptions {
  readonly library: "libsql" | "sqlite";
  /** A file path, `:memory:`, or libSQL's `file::memory:?cache=shared`. */
  readonly path: string;
  readonly isMemory: boolean;
  readonly encryptionKey: string | undefined;
  /** Milliseconds to wait for a lock of another client or process. */
  readonly timeoutMs: number | undefined;
  readonly statementCacheSize: number;
  readonly maxConnections: number;
  /** Opens every connection with `PRAGMA query_only`: for a file that somebody else writes. */
  readonly isReadOnly?: boolean;
}

/**
 * Opens a local database at once, creating the file if it is missing.
 *
 * @throws {LitefleetError} `SQLITE_CANTOPEN`, `SQLITE_NOTADB` and the like, with the path; `CONFIG_INVALID` if another
 *   library of this process has the file open.
 */
export function openLocal(options: LocalOptions): LocalEngine {
  const library = libraries[options.library];
  if (!options.isMemory) checkPath(options.path);
  const queue = options.isMemory ? WriteQueue.ofMemory() : WriteQueue.ofFile(resolvePath(options.path), library.name);
  const open = (): Connection => {
    const native = library.open(options.path, { encryptionKey: options.encryptionKey });
    const connection = new Connection(library, native, queue, options.statementCacheSize);
    if (options.isReadOnly === true) connection.exec("PRAGMA query_only = ON");
    return connection;
  };
  try {
    const first = open();
    lookInto(first);
    return new LocalEngine({ ...options, library, capabilities: capabilities[options.library], queue, open, first });
  } catch (error) {
    queue.leave();
    const classified = classifyNative(library, error);
    if (!(classified instanceof LitefleetError) || classified.code === "UNSUPPORTED") throw classified;
    throw describeOpening(classified, options);
  }
}

/** Opening reads nothing; the first look at the file finds out whether it is a database. */
function lookInto(connection: Connection): void {
  try {
    connection.exec("SELECT 1 FROM sqlite_schema LIMIT 1");
  } catch (error) {
    // Locked now, by another process, is no reason not to open it.
    if (!isBusy(error)) throw error;
  }
}

function checkPath(path: string): void {
  const directory = dirname(resolve(path));
  if (!existsSync(directory)) throw cannotOpen(path, `the folder ${directory} does not exist; create it first`);
  if (existsSync(path) && statSync(path).isDirectory()) throw cannotOpen(path, "it is a folder, not a file");
}

function cannotOpen(path: string, why: string): LitefleetError {
  const details = { extendedCode: "SQLITE_CANTOPEN", rawCode: 14 };
  return new LitefleetError(`Cannot open the database ${path}: ${why}`, "SQLITE_CANTOPEN", details);
}

function describeOpening(error: LitefleetError, options: LocalOptions): LitefleetError {
  const why =
    error.code === "SQLITE_NOTADB"
      ? options.encryptionKey === undefined
        ? "it is not a SQLite database, or it is encrypted and needs `encryptionKey`"
        : "the encryption key is wrong, or it is not an encrypted SQLite database"
      : plainMessage(error);
  return new LitefleetError(`Cannot open the database ${options.path}: ${why}`, error.code, {
    extendedCode: error.extendedCode,
    rawCode: error.rawCode,
    isRetryable: error.isRetryable,
    cause: error.cause ?? error,
  });
}

/** The one name of a file, whatever links lead to it, also before it exists. */
export function resolvePath(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  return join(realpathSync(dirname(absolute)), basename(absolute));
}
