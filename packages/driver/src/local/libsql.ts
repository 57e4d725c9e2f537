import { createRequire } from "node:module";
import type Database from "libsql";
import type { SqlValue } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { isError } from "../realm.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { ExplainStatement, isExplain } from "./libsql-explain.ts";
import { GetStatement } from "./libsql-get.ts";
import { iterateRows, OpenRowsOfConnection } from "./libsql-rows.ts";
import { connectionClosed, connectionOpened } from "./release-closed.ts";
import type { NativeConnection, NativeLibrary, NativeRows, NativeStatement } from "./native.ts";
import { CheckedQuery } from "./text/checked-query.ts";
import { CheckedReturning } from "./text/checked-returning.ts";

/** The types of the package leave out what it has. */
type LibsqlDatabase = Database.Database & { interrupt(): void };
type LibsqlStatement = Database.Statement;

const require = createRequire(import.meta.url);

/** The libSQL library: SQLite 3.45 with encryption and vector index. Loaded at the first call. */
export const libsqlLibrary: NativeLibrary = {
  name: "libsql",
  beginRead: "BEGIN TRANSACTION READONLY",
  open(path, options) {
    const open = loadLibsql();
    // The native busy handler would block the event loop: waiting is done outside, see busy.ts.
    return new LibsqlConnection(new open(path, { timeout: 0, encryptionKey: options.encryptionKey ?? "" }));
  },
  describeError(error) {
    if (!isError(error)) return undefined;
    const { message } = error;
    if ("rawCode" in error && typeof error.rawCode === "number") return { message, rawCode: error.rawCode };
    // An error of opening has its number in the text alone.
    const rawCode = /Unable to open connection to local database .*: (?<rawCode>\d+)"\)$/su.exec(message)?.groups?.[
      "rawCode"
    ];
    return rawCode === undefined ? undefined : { message, rawCode: Number(rawCode) };
  },
};

type OpenLibsql = new (path: string, options: { timeout: number; encryptionKey: string }) => LibsqlDatabase;

let loaded: OpenLibsql | undefined;

/**
 * Loads the library, once a process. It takes its log level from `RUST_LOG` at this moment and would write what fails in a sync to
 * the program's stdout, so it is told to be silent unless the user has said otherwise. In a worker thread, whose environment is a
 * copy, that has no effect: the main thread has to load it first.
 *
 * @throws {LitefleetError} `ENGINE_MISSING` if it is not there.
 */
export function loadLibsql(): OpenLibsql {
  loaded ??= silently(load);
  return loaded;
}

function silently<T>(work: () => T): T {
  if (process.env["RUST_LOG"] !== undefined) return work();
  process.env["RUST_LOG"] = "off";
  try {
    return work();
  } finally {
    delete process.env["RUST_LOG"];
  }
}

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
  readonly #openRows: OpenRowsOfConnection;
  readonly #openedAt = performance.now();
  #schemaVersion: LibsqlStatement | undefined;
  /** The last one compiled: it tells when the closed connection's file is released. */
  #lastStatement: LibsqlStatement | undefined;

  constructor(db: LibsqlDatabase) {
    this.#db = db;
    connectionOpened();
    // Interrupting a closed database ends the process.
    this.#openRows = new OpenRowsOfConnection(() => {
      if (db.open) db.interrupt();
    });
  }

  prepare(sql: string, parsed?: ParsedStatement): NativeStatement {
    const prepare = (form: string): LibsqlStatement => (this.#lastStatement = this.#db.prepare(form));
    const statement = prepare(sql);
    if (isExplain(sql)) return new ExplainStatement(statement);
    if (parsed?.keyword === "SELECT" || parsed?.keyword === "VALUES") {
      return new CheckedQuery(sql, statement, prepare, this.#openRows);
    }
    if (parsed?.returning === true && statement.reader) {
      return new CheckedReturning(sql, statement, { prepare, schemaVersion: () => this.#readSchemaVersion() });
    }
    return new LibsqlNativeStatement(statement, () => prepare(sql), this.#openRows);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  get inTransaction(): boolean {
    // Asking a closed database ends the process.
    return this.#db.open && this.#db.inTransaction;
  }

  close(): void {
    if (!this.#db.open) return;
    this.#db.close();
    connectionClosed(this.#lastStatement, performance.now() - this.#openedAt);
    this.#lastStatement = undefined;
  }

  #readSchemaVersion(): number {
    this.#schemaVersion ??= this.#db.prepare("PRAGMA schema_version").raw(true);
    return (this.#schemaVersion.all([]) as [[number]])[0][0];
  }
}

class LibsqlNativeStatement implements NativeStatement {
  readonly returnsRows: boolean;
  readonly #statement: LibsqlStatement;
  readonly #openRows: OpenRowsOfConnection;
  readonly #compile: () => LibsqlStatement;
  #got: GetStatement | undefined;
  #asBigInt = false;

  constructor(statement: LibsqlStatement, compile: () => LibsqlStatement, openRows: OpenRowsOfConnection) {
    this.#statement = statement;
    this.#compile = compile;
    this.#openRows = openRows;
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

  runUnasked(args: readonly SqlValue[]): void {
    this.#got ??= new GetStatement(this.#compile);
    this.#got.read(args, false);
  }

  iterate(args: readonly SqlValue[]): NativeRows {
    this.#asBigInt = true;
    return iterateRows(this.#statement, args, this.#openRows);
  }

  #readAs(asBigInt: boolean): void {
    if (asBigInt === this.#asBigInt) return;
    this.#statement.safeIntegers(asBigInt);
    this.#asBigInt = asBigInt;
  }
}
