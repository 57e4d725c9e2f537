import type { InArgs, InStatement, ResultSet, Row } from "@libsql/core/api";
import type { BatchStatement, CallOptions, Executor, PreparedStatement, RawResult } from "./api.ts";
import { checkOptions } from "./call-options.ts";
import type { BoundStatement, MaybePromise, RowChunks } from "./engine.ts";
import type { ParsedStatements } from "./parsed-statements.ts";
import { Prepared } from "./prepared-statement.ts";
import { toResultSet } from "./result-set.ts";
import { iterateRows } from "./row-iterator.ts";

/** What clients and transactions have in common: they take SQL, check it, and run it somewhere. */
export abstract class StatementRunner implements Executor {
  protected readonly statements: ParsedStatements;

  constructor(statements: ParsedStatements) {
    this.statements = statements;
  }

  abstract get closed(): boolean;
  abstract executeMultiple(sql: string, options?: CallOptions): Promise<void>;

  /** Runs a checked statement. Throws or rejects if this runner is closed. */
  abstract runBound(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult>;

  /** Begins to stream a checked statement; nothing happens before the first chunk is asked for. */
  abstract openChunks(statement: BoundStatement, options: CallOptions): RowChunks;

  async execute(stmt: InStatement, argsOrOptions?: InArgs | CallOptions, options?: CallOptions): Promise<ResultSet> {
    const [sql, args, callOptions] = readCall(stmt, argsOrOptions, options);
    const result = this.runBound(this.bindOne(sql, args, callOptions), callOptions);
    // What is there already is not awaited: that would cost a turn of the microtask queue.
    return toResultSet(result instanceof Promise ? await result : result);
  }

  prepare(sql: string): PreparedStatement {
    return new Prepared(sql, this.statements.parse(sql), this.statements, this);
  }

  iterate(stmt: InStatement, argsOrOptions?: InArgs | CallOptions, options?: CallOptions): AsyncIterableIterator<Row> {
    const [sql, args, callOptions] = readCall(stmt, argsOrOptions, options);
    return iterateRows(this.openChunks(this.bindOne(sql, args, callOptions), callOptions));
  }

  protected bindOne(sql: string, args: InArgs | undefined, options: CallOptions): BoundStatement {
    return this.statements.bind(sql, this.statements.parse(sql), args, options.intMode);
  }

  protected bindAll(stmts: readonly BatchStatement[], options: CallOptions): BoundStatement[] {
    if (!Array.isArray(stmts)) throw new TypeError("Expected the statements of a batch as an array");
    // Not by `map`, which leaves holes as they are.
    return Array.from(stmts, (stmt: BatchStatement) => {
      if (Array.isArray(stmt)) return this.bindOne(stmt[0], stmt[1], options);
      const [sql, args] = readCall(stmt, undefined, undefined);
      return this.bindOne(sql, args, options);
    });
  }
}

/** The three ways to call: `(sql)`, `(sql, args, options)` and `({ sql, args }, options)`. */
function readCall(
  stmt: InStatement,
  second: InArgs | CallOptions | undefined,
  third: CallOptions | undefined,
): readonly [sql: string, args: InArgs | undefined, options: CallOptions] {
  if (typeof stmt === "string") return [stmt, second as InArgs | undefined, checkOptions(third)];
  if (typeof stmt !== "object" || stmt === null || Array.isArray(stmt)) {
    throw new TypeError("Expected a statement as SQL text or as { sql, args }");
  }
  return [stmt.sql, stmt.args, checkOptions(second as CallOptions | undefined)];
}
