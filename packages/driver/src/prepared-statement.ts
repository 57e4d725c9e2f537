import type { InArgs, Row, Value } from "@libsql/core/api";
import type { CallOptions, PreparedStatement, RawResult, RunResult } from "./api.ts";
import type { BoundStatement, MaybePromise, RowChunks } from "./engine.ts";
import type { ParsedStatements } from "./parsed-statements.ts";
import { toRows } from "./result-set.ts";
import { rowFactory } from "./row-class.ts";
import { iterateRows } from "./row-iterator.ts";
import type { ParsedStatement } from "./sql/parse.ts";

const noOptions: CallOptions = {};

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

  async get(args?: InArgs, options: CallOptions = noOptions): Promise<Row | undefined> {
    const { columns, rows } = await this.#run(args, options);
    const first = rows[0];
    return first === undefined ? undefined : rowFactory(columns)(first);
  }

  async all(args?: InArgs, options: CallOptions = noOptions): Promise<Row[]> {
    return toRows(await this.#run(args, options));
  }

  async values(args?: InArgs, options: CallOptions = noOptions): Promise<Value[][]> {
    return (await this.#run(args, options)).rows;
  }

  async run(args?: InArgs, options: CallOptions = noOptions): Promise<RunResult> {
    const { rowsAffected, lastInsertRowid } = await this.#run(args, options);
    return { rowsAffected, lastInsertRowid };
  }

  async raw(args?: InArgs, options: CallOptions = noOptions): Promise<RawResult> {
    return this.#run(args, options);
  }

  iterate(args?: InArgs, options: CallOptions = noOptions): AsyncIterableIterator<Row> {
    return iterateRows(this.#runner.openChunks(this.#bind(args, options), options));
  }

  #run(args: InArgs | undefined, options: CallOptions): MaybePromise<RawResult> {
    return this.#runner.runBound(this.#bind(args, options), options);
  }

  #bind(args: InArgs | undefined, options: CallOptions): BoundStatement {
    return this.#statements.bind(this.sql, this.#parsed, args, options.intMode);
  }
}
