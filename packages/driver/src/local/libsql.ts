import { createRequire } from "node:module";
import type Database from "libsql";
import type { SqlValue } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { NativeConnection, NativeLibrary, NativeStatement } from "./native.ts";

type LibsqlDatabase = Database.Database;
type LibsqlStatement = Database.Statement<unknown[]>;

const require = createRequire(import.meta.url);

/** The libSQL library: SQLite 3.45 with encryption and vector index. Loaded at the first call. */
export const libsqlLibrary: NativeLibrary = {
  name: "libsql",
  beginRead: "BEGIN TRANSACTION READONLY",
  open(path, options) {
    const open = load();
    // The native busy handler would block the event loop: waiting is done outside, see busy.ts.
    return new LibsqlConnection(new open(path, { timeout: 0, encryptionKey: options.encryptionKey ?? "" }));
  },
  describeError(error) {
    if (!(error instanceof Error) || !("rawCode" in error) || typeof error.rawCode !== "number") return undefined;
    return { message: error.message, rawCode: error.rawCode };
  },
};

type OpenLibsql = new (path: string, options: { timeout: number; encryptionKey: string }) => LibsqlDatabase;

function load(): OpenLibsql {
  try {
    return require("libsql") as OpenLibsql;
  } catch (cause) {
    throw new LitefleetError(
      `The libSQL library could not be loaded on ${process.platform}-${process.arch}. Install "libsql" with its optional ` +
        'dependencies, or use engine: "sqlite", which needs no native package.',
      "ENGINE_MISSING",
      { cause },
    );
  }
}

class LibsqlConnection implements NativeConnection {
  readonly #db: LibsqlDatabase;

  constructor(db: LibsqlDatabase) {
    this.#db = db;
  }

  prepare(sql: string): NativeStatement {
    return new LibsqlNativeStatement(this.#db.prepare(sql));
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  get inTransaction(): boolean {
    // Asking a closed database ends the process.
    return this.#db.open && this.#db.inTransaction;
  }

  close(): void {
    if (this.#db.open) this.#db.close();
  }
}

class LibsqlNativeStatement implements NativeStatement {
  readonly returnsRows: boolean;
  readonly #statement: LibsqlStatement;
  #asBigInt = false;

  constructor(statement: LibsqlStatement) {
    this.#statement = statement;
    this.returnsRows = statement.reader;
    if (this.returnsRows) statement.raw(true);
  }

  columns(): { name: string; type: string }[] {
    return this.#statement.columns().map((column) => ({ name: column.name, type: column.type ?? "" }));
  }

  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#readAs(asBigInt);
    return this.#statement.all(args) as unknown[][];
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    const { changes, lastInsertRowid } = this.#statement.run(args);
    return { changes, lastInsertRowid: BigInt(lastInsertRowid) };
  }

  iterate(args: readonly SqlValue[], asBigInt: boolean): Iterator<unknown[]> {
    this.#readAs(asBigInt);
    return this.#statement.iterate(args) as Iterator<unknown[]>;
  }

  reset(args: readonly SqlValue[]): void {
    // The library has no reset; beginning again resets, and the first step is taken only with the first row.
    this.#statement.iterate(args);
  }

  #readAs(asBigInt: boolean): void {
    if (asBigInt === this.#asBigInt) return;
    this.#statement.safeIntegers(asBigInt);
    this.#asBigInt = asBigInt;
  }
}
