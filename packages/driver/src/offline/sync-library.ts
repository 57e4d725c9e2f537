import { LitefleetError } from "../errors.ts";
import { isTursoHandle } from "../turso/native.ts";
import type { TursoHandle } from "../turso/native.ts";

/** What is used of `@tursodatabase/sync`. */
interface SyncDatabase {
  connect(): Promise<void>;
  pull(): Promise<boolean>;
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

type SyncDatabaseClass = new (options: object) => SyncDatabase;

/** How the library reaches the primary; called for each of its requests. */
export type LibraryFetch = (url: string, init: RequestInit) => Promise<Response>;

/** A database of `@tursodatabase/sync`: a local file that records its changes, and pulls pages from a primary. */
export class SyncLibrary {
  readonly #database: SyncDatabase;
  readonly #open: (path: string) => TursoHandle;
  /** The connection whose changes are recorded. */
  readonly handle: TursoHandle;

  private constructor(database: SyncDatabase, open: (path: string) => TursoHandle) {
    this.#database = database;
    this.#open = open;
    this.handle = handleOf(database);
  }

  /**
   * Opens the file. The first time all of the primary's database is fetched; after that nothing is asked of it.
   *
   * @throws {LitefleetError} `ENGINE_MISSING`; whatever `fetch` throws, as text in an error of the library's.
   */
  static async open(path: string, url: string, fetch: LibraryFetch): Promise<SyncLibrary> {
    const Database = await load();
    const database = new Database({ path, url, fetch, clientName: "litefleet" });
    await database.connect();
    return new SyncLibrary(database, (file) => handleOf(new Database({ path: file })));
  }

  /** Another connection to the same file, to read on: the library must not find it writing. The caller closes it. */
  openReader(path: string): TursoHandle {
    const handle = this.#open(path);
    handle.connectSync();
    return handle;
  }

  /**
   * Brings in what is new at the primary, and takes back every local change. False if nothing was new, and nothing was taken
   * back. The caller sees to it that nobody writes while the answer is applied.
   */
  pull(): Promise<boolean> {
    return this.#database.pull();
  }

  /** Shortens the write-ahead log. */
  checkpoint(): Promise<void> {
    return this.#database.checkpoint();
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

async function load(): Promise<SyncDatabaseClass> {
  try {
    return ((await import("@tursodatabase/sync")) as unknown as { readonly Database: SyncDatabaseClass }).Database;
  } catch (cause) {
    throw new LitefleetError(
      `The library for offline writes could not be loaded on ${process.platform}-${process.arch}. ` +
        "Install it with: npm install @tursodatabase/sync",
      "ENGINE_MISSING",
      { cause },
    );
  }
}

function handleOf(database: object): TursoHandle {
  const handle: unknown = Reflect.get(database, "db");
  if (isTursoHandle(handle)) return handle;
  throw new LitefleetError(
    "This version of @tursodatabase/sync is not known to Litefleet. Install one that is with: " +
      "npm install @tursodatabase/sync@^0.7.2",
    "ENGINE_MISSING",
  );
}
