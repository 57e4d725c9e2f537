import type { InArgs, Row, Value } from "@libsql/core/api";
import type { CallOptions, ChunkOptions, Column, PreparedStatement, RawResult, RowChunk, RunResult } from "./api.ts";
import { checkOptions } from "./call-options.ts";
import type { BoundStatement, MaybePromise, RowChunks } from "./engine.ts";
import type { ParsedStatements } from "./parsed-statements.ts";
import { toRows } from "./result-set.ts";
import { rowFactory } from "./row-class.ts";
import { checkChunkSize, iterateChunks } from "./chunk-iterator.ts";
import { iterateRows } from "./row-iterator.ts";
import type { ParsedStatement } from "./sql/parse.ts";
import { throwIfAborted } from "./waiting.ts";

/** How asking for columns goes its way. */
const describing: ParsedStatement = {
  kind: "read",
  keyword: "SELECT",
  parameters: [],
  returning: false,
  hasStar: false,
  pragma: undefined,
};

/** Where a prepared statement runs. */
export interface PreparedRunner {
  runBound(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult>;
  openChunks(statement: BoundStatement, options: CallOptions): RowChunks;
}

/** A statement whose text was read once; its compiled forms live in the caches of the connections that run it. */
export class Prepared implements PreparedStatement {
  readonly sql: string;
  readonly #parsed: ParsedStatement;
  readonly #statements: ParsedStatements;
  readonly #runner: PreparedRunner;

  constructor(sql: string, parsed: ParsedStatement, statements: ParsedStatements, runner: PreparedRunner) {
    this.sql = sql;
    this.#parsed = parsed;
    this.#statements = statements;
    this.#runner = runner;
  }

  get(args?: InArgs, options?: CallOptions): Promise<Row | undefined> {
    return this.#answer(args, options, firstRow, true);
  }

  first(args?: InArgs, options?: CallOptions): Promise<Value[] | undefined> {
    return this.#answer(args, options, ({ rows }) => rows[0], true);
  }

  all(args?: InArgs, options?: CallOptions): Promise<Row[]> {
    return this.#answer(args, options, toRows);
  }

  values(args?: InArgs, options?: CallOptions): Promise<Value[][]> {
    return this.#answer(args, options, ({ rows }) => rows);
  }

  run(args?: InArgs, options?: CallOptions): Promise<RunResult> {
    return this.#answer(args, options, ({ rowsAffected, lastInsertRowid }) => ({ rowsAffected, lastInsertRowid }));
  }

  raw(args?: InArgs, options?: CallOptions): Promise<RawResult> {
    return this.#answer(args, options, (result) => result);
  }

  async columns(given?: CallOptions): Promise<Column[]> {
    const options = checkOptions(given);
    throwIfAborted(options.signal);
    const { kind, returning } = this.#parsed;
    if (kind !== "read" && kind !== "pragma" && !returning) return [];
    const describes = this.#parsed;
    const statement = { sql: this.sql, parsed: describing, args: [], intMode: "number", describes } as const;
    const { columns, columnTypes } = await this.#runner.runBound(statement, options);
    return columns.map((name, i) => ({ name, type: columnTypes[i] ?? "" }));
  }

  iterate(args?: InArgs, options?: CallOptions): AsyncIterableIterator<Row> {
    const checked = checkOptions(options);
    return iterateRows(this.#runner.openChunks(this.#bind(args, checked), checked));
  }

  chunks(args?: InArgs, options?: ChunkOptions): AsyncIterableIterator<RowChunk> {
    const checked = checkOptions(options);
    checkChunkSize(checked.chunkSize);
    return iterateChunks(this.#runner.openChunks(this.#bind(args, checked), checked), checked.chunkSize);
  }

  async #answer<T>(
    args: InArgs | undefined,
    given: CallOptions | undefined,
    read: (result: RawResult) => T,
    onlyFirstRow = false,
  ): Promise<T> {
    const options = checkOptions(given);
    const result = this.#runner.runBound(this.#bind(args, options, onlyFirstRow), options);
    // What is there already is not awaited: that would cost a turn of the microtask queue.
    return read(result instanceof Promise ? await result : result);
  }

  #bind(args: InArgs | undefined, options: CallOptions, onlyFirstRow?: boolean): BoundStatement {
    return this.#statements.bind(this.sql, this.#parsed, args, options.intMode, onlyFirstRow);
  }
}

function firstRow({ columns, rows }: RawResult): Row | undefined {
  const first = rows[0];
  return first === undefined ? undefined : rowFactory(columns)(first);
}
