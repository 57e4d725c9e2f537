import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlValue } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import { isError } from "../realm.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { UnsafeInteger } from "./native.ts";
import { registerVectorFunctions } from "./vector-functions.ts";
import type { NativeConnection, NativeLibrary, NativeRows, NativeStatement } from "./native.ts";

/** Node's own SQLite: no native dependency and the fastest reads; no encryption and no vector index. */
export const nodeSqliteLibrary: NativeLibrary = {
  name: "sqlite",
  beginRead: "BEGIN DEFERRED",
  open(path, options) {
    if (options.encryptionKey !== undefined) {
      throw unsupported("encryptionKey", 'Use engine: "libsql" for a database that is encrypted at rest.');
    }
    const sqlite = process.getBuiltinModule("node:sqlite");
    if (sqlite === undefined) {
      throw new LitefleetError(
        'engine: "sqlite" needs Node.js 22.13 or newer, which brings node:sqlite',
        "ENGINE_MISSING",
      );
    }
    const db = new sqlite.DatabaseSync(path, { timeout: 0 });
    registerVectorFunctions(db);
    return new NodeSqliteConnection(db);
  },
  describeError(error) {
    if (!isError(error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
    return { message: error.message, rawCode: error.errcode };
  },
};

class NodeSqliteConnection implements NativeConnection {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  prepare(sql: string, parsed?: ParsedStatement): NativeStatement {
    return new NodeSqliteStatement(this.#db.prepare(sql), parsed?.parameters ?? []);
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  get inTransaction(): boolean {
    return this.#db.isOpen && this.#db.isTransaction;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

class NodeSqliteStatement implements NativeStatement {
  readonly returnsRows: boolean;
  readonly #statement: StatementSync;
  /** The parameters' texts if any has a name; plain `?` need none. */
  readonly #names: readonly (string | undefined)[] | undefined;
  #asBigInt = false;

  constructor(statement: StatementSync, parameters: readonly (string | undefined)[]) {
    this.#statement = statement;
    this.#names = parameters.every((parameter) => parameter === "?") ? undefined : parameters;
    this.returnsRows = statement.columns().length > 0;
    if (this.returnsRows) statement.setReturnArrays(true);
  }

  columns(): { name: string; type: string }[] {
    return this.#statement.columns().map((column) => ({ name: column.name, type: column.type ?? "" }));
  }

  all(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#readAs(asBigInt);
    try {
      return this.#statement.all(...this.#bindings(args)) as unknown[] as unknown[][];
    } catch (error) {
      throw isOutOfRange(error) ? new UnsafeInteger() : error;
    }
  }

  first(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#readAs(asBigInt);
    try {
      const row = this.#statement.get(...this.#bindings(args)) as unknown as unknown[] | undefined;
      return row === undefined ? [] : [row];
    } catch (error) {
      throw isOutOfRange(error) ? new UnsafeInteger() : error;
    }
  }

  run(args: readonly SqlValue[]): { changes: number; lastInsertRowid: bigint } {
    const { changes, lastInsertRowid } = this.#statement.run(...this.#bindings(args));
    return { changes: Number(changes), lastInsertRowid: BigInt(lastInsertRowid) };
  }

  iterate(args: readonly SqlValue[]): NativeRows {
    this.#readAs(true);
    const rows = this.#statement.iterate(...this.#bindings(args)) as Iterator<unknown> as Iterator<unknown[]>;
    return {
      next() {
        const step = rows.next();
        return step.done === true ? undefined : step.value;
      },
      close: () => void rows.return?.(),
    };
  }

  /** node:sqlite binds by position only what has no name, so `:id` and `?3` are passed by theirs. */
  #bindings(args: readonly SqlValue[]): readonly SqlValue[] {
    if (this.#names === undefined) return args;
    const named: Record<string, SqlValue> = {};
    const rest: SqlValue[] = [];
    this.#names.forEach((name, i) => {
      if (name === "?") rest.push(args[i]!);
      else if (name !== undefined) named[name] = args[i]!;
    });
    // The types know no object in the first place, save in an overload that a spread cannot choose.
    return [named, ...rest] as unknown as readonly SqlValue[];
  }

  #readAs(asBigInt: boolean): void {
    if (asBigInt === this.#asBigInt) return;
    this.#statement.setReadBigInts(asBigInt);
    this.#asBigInt = asBigInt;
  }
}

function isOutOfRange(error: unknown): boolean {
  return isError(error) && "code" in error && error.code === "ERR_OUT_OF_RANGE";
}
