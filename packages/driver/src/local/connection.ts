import type { RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { classifyNative, isBusy } from "./classify.ts";
import { decodeExactRows, decodeRows } from "./decode-rows.ts";
import { UnsafeInteger } from "./native.ts";
import type { NativeConnection, NativeLibrary, NativeStatement } from "./native.ts";
import { rowlessResult } from "../result-set.ts";
import { OpenRows } from "./open-rows.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { StatementCache } from "../statement-cache.ts";

/** How long the columns of a `SELECT *` are trusted, in milliseconds: another process may rename one. */
const starColumnsMs = 20;

interface CachedStatement {
  readonly sql: string;
  readonly native: NativeStatement;
  columns: readonly string[];
  columnTypes: readonly string[];
  checkedAt: number;
  checkedVersion: number;
}

/** Counts schema changes; shared by the connections of one database. */
export interface SchemaClock {
  readonly schemaVersion: number;
}

const noColumns: readonly string[] = [];
const counters = "SELECT changes(), last_insert_rowid()";

/** A local connection with its cache of compiled statements. Every method is synchronous and throws classified errors. */
export class Connection {
  readonly #library: NativeLibrary;
  readonly #native: NativeConnection;
  readonly #cache: StatementCache<CachedStatement>;
  readonly #schema: SchemaClock;
  #counters: NativeStatement | undefined;
  #busyStatement: CachedStatement | undefined;
  #isBroken = false;

  constructor(library: NativeLibrary, native: NativeConnection, schema: SchemaClock, cacheSize: number) {
    this.#library = library;
    this.#native = native;
    this.#schema = schema;
    this.#cache = new StatementCache(cacheSize);
  }

  get inTransaction(): boolean {
    return this.#native.inTransaction;
  }

  /**
   * A statement of this connection ended in SQLITE_BUSY and was not run again: the library leaves it open, which pins the
   * snapshot, and every later COMMIT fails with "SQL statements in progress". Such a connection must not be used again.
   */
  get tainted(): boolean {
    return this.#isBroken || this.#busyStatement !== undefined;
  }

  /** Whether this statement may run here: on a tainted connection only the one that tainted it, for running it resets it. */
  isSoundFor(sql: string): boolean {
    if (this.#isBroken) return false;
    return this.#busyStatement === undefined || this.#busyStatement.sql === sql;
  }

  /** Runs one statement to its end. */
  run(statement: BoundStatement): RawResult {
    let cached: CachedStatement | undefined;
    try {
      if (statement.describes !== undefined) return this.#columnsOf(statement.sql, statement.describes);
      cached = this.#prepare(statement);
      const result = cached.native.returnsRows ? this.#read(cached, statement) : this.#write(cached, statement);
      // Running it again has reset it.
      if (cached === this.#busyStatement) this.#busyStatement = undefined;
      return result;
    } catch (error) {
      const classified = classifyNative(this.#library, error);
      if (isBusy(classified) && cached !== undefined) this.#busyStatement = cached;
      throw classified;
    }
  }

  /** Whether {@link runUnasked} is to be had for `statement`. */
  canRunUnasked(statement: BoundStatement): boolean {
    return this.#prepare(statement).native.runUnasked !== undefined;
  }

  /** Runs one statement without asking what it did, which takes less time. Its text must be one that {@link canRunUnasked} was asked for. */
  runUnasked(statement: BoundStatement): void {
    try {
      this.#prepare(statement).native.runUnasked!(statement.args);
    } catch (error) {
      const classified = classifyNative(this.#library, error);
      if (isBusy(classified)) this.#isBroken = true;
      throw classified;
    }
  }

  /**
   * Runs one statement of a script, and drops its rows. Those are read by {@link run}: the libraries read the rows of what they are
   * told to execute, too, and one of them ends the process over some.
   */
  runOfScript(sql: string, parsed: ParsedStatement): void {
    const givesRows = parsed.kind === "read" || parsed.returning;
    if (givesRows) this.run({ sql, parsed, args: parsed.parameters.map(() => null), intMode: "auto" });
    else this.exec(sql);
  }

  /** Runs SQL that gives no text, also what begins or ends a transaction. */
  exec(sql: string): void {
    try {
      this.#native.exec(sql);
    } catch (error) {
      throw classifyNative(this.#library, error);
    }
  }

  /** Ends a transaction, if there is one. Never throws: a connection that cannot do it is tainted, and closing it will. */
  rollBack(): void {
    try {
      if (this.#native.inTransaction) this.#native.exec("ROLLBACK");
    } catch {
      this.#isBroken = true;
    }
  }

  /** Begins to stream the rows of a read. The caller must end it with `close()` on every path. */
  open(statement: BoundStatement): OpenRows {
    try {
      // An iteration owns its statement: the cached one may be run while it is open.
      const native = this.#native.prepare(statement.sql, statement.parsed);
      return OpenRows.stream(this.#library, native, statement);
    } catch (error) {
      throw classifyNative(this.#library, error);
    }
  }

  close(): void {
    this.#cache.clear();
    this.#native.close();
  }

  #prepare(statement: BoundStatement): CachedStatement {
    const cached = this.#cache.get(statement.sql);
    if (cached !== undefined) return cached;
    if (this.#busyStatement?.sql === statement.sql) return this.#busyStatement;
    const native = this.#native.prepare(statement.sql, statement.parsed);
    const fresh: CachedStatement = {
      sql: statement.sql,
      native,
      columns: noColumns,
      columnTypes: noColumns,
      checkedAt: 0,
      checkedVersion: 0,
    };
    if (native.returnsRows) this.#describe(fresh);
    // What changes the connection or the schema is rarely run twice, and must not be found stale.
    const { kind } = statement.parsed;
    if (kind === "read" || kind === "write") this.#cache.set(statement.sql, fresh);
    return fresh;
  }

  #read(cached: CachedStatement, statement: BoundStatement): RawResult {
    const { parsed, intMode } = statement;
    const isWrite = parsed.kind === "write";
    // A write cannot be run twice to read it again as bigint.
    const exact = isWrite || intMode === "bigint" || intMode === "string";
    const rows = this.#rows(cached.native, exact, statement);
    // SQLite compiles anew while running if the schema has changed, so the columns are known only afterwards.
    if (parsed.hasStar && this.#mayHaveChanged(cached, rows)) this.#describe(cached);
    const { columns, columnTypes } = cached;
    if (!isWrite) return { columns, columnTypes, rows, rowsAffected: 0, lastInsertRowid: undefined };
    const [rowsAffected, lastInsertRowid] = this.#readCounters();
    return { columns, columnTypes, rows, rowsAffected: Number(rowsAffected), lastInsertRowid };
  }

  #readCounters(): [rowsAffected: bigint, lastInsertRowid: bigint] {
    this.#counters ??= this.#native.prepare(counters);
    return this.#counters.all([], true)[0] as [bigint, bigint];
  }

  #rows(native: NativeStatement, exact: boolean, statement: BoundStatement): RawResult["rows"] {
    if (!exact) {
      try {
        const rows = readRows(native, statement, false);
        if (decodeRows(rows, statement.intMode)) return rows;
      } catch (error) {
        if (!(error instanceof UnsafeInteger)) throw error;
      }
    }
    const rows = readRows(native, statement, true);
    decodeExactRows(rows, statement.intMode);
    return rows;
  }

  #write(cached: CachedStatement, statement: BoundStatement): RawResult {
    const { changes, lastInsertRowid } = cached.native.run(statement.args);
    const isWrite = statement.parsed.kind === "write";
    // The library reports the counters of the last write for statements that write nothing.
    if (!isWrite) return rowlessResult(0, undefined);
    return rowlessResult(changes, isExact(lastInsertRowid) ? lastInsertRowid : this.#readCounters()[1]);
  }

  #columnsOf(sql: string, parsed: ParsedStatement): RawResult {
    const native = this.#native.prepare(sql, parsed);
    const columns = native.returnsRows ? native.columns() : [];
    return {
      columns: columns.map(({ name }) => name),
      columnTypes: columns.map(({ type }) => type),
      rows: [],
      rowsAffected: 0,
      lastInsertRowid: undefined,
    };
  }

  #mayHaveChanged(cached: CachedStatement, rows: readonly unknown[][]): boolean {
    if (cached.checkedVersion !== this.#schema.schemaVersion) return true;
    const width = rows[0]?.length ?? cached.columns.length;
    return width !== cached.columns.length || Date.now() - cached.checkedAt > starColumnsMs;
  }

  #describe(cached: CachedStatement): void {
    const columns = cached.native.columns();
    const names = columns.map((column) => column.name);
    // The same array for the same shape: row classes are found by it.
    if (names.length !== cached.columns.length || names.some((name, i) => name !== cached.columns[i])) {
      cached.columns = names;
      cached.columnTypes = columns.map((column) => column.type);
    }
    cached.checkedAt = Date.now();
    cached.checkedVersion = this.#schema.schemaVersion;
  }
}

function readRows(native: NativeStatement, statement: BoundStatement, asBigInt: boolean): unknown[][] {
  // Ending a write early would undo it.
  const isFirst = statement.onlyFirstRow === true && native.first !== undefined && statement.parsed.kind === "read";
  return isFirst ? native.first!(statement.args, asBigInt) : native.all(statement.args, asBigInt);
}

/** Libraries report a rowid as a number, which holds no more than 53 bits. */
function isExact(rowid: bigint): boolean {
  return rowid <= Number.MAX_SAFE_INTEGER && rowid >= Number.MIN_SAFE_INTEGER;
}
