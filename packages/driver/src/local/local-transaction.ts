import type { BeginOptions, BoundOptions, CallOptions, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetBatchError, LitefleetError } from "../errors.ts";
import { parseRemembered, splitRemembered } from "../sql/remembered.ts";
import { throwIfAborted } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import { afterTurn, isTurnDue } from "./event-loop.ts";
import type { ActiveTransaction } from "./idle-transaction.ts";
import { InsertFailure, InsertRun, minInsertRun } from "./insert-run.ts";
import { LocalChunks } from "./local-chunks.ts";
import { OpenRows } from "./open-rows.ts";
import { runInScope } from "./transaction-scope.ts";
import type { ScopedTransaction } from "./transaction-scope.ts";
import type { Release, WriteQueue } from "./write-queue.ts";

/** How long a batch keeps the event loop busy at a stretch, in milliseconds. */
const maxStretchMs = 8;

/** What a transaction needs of its engine. */
export interface LocalTransactionHost {
  readonly queue: WriteQueue;
  readonly patienceMs: () => number | undefined;
  /** Waits for the turn to write. */
  readonly acquireTurn: (options: CallOptions) => Promise<Release>;
  /** After a statement that is not INSERT, UPDATE or DELETE has run. */
  readonly onOther: (statement: BoundStatement) => void;
  /** When the transaction has ended; `connection` is outside a transaction or not sound. */
  readonly onEnd: (transaction: LocalTransaction, connection: Connection) => void;
}

/** How an engine over this one begins and commits a transaction its own way. */
export interface TransactionSteps {
  /** Runs `sql`, which begins the transaction, and what has to come before it. */
  begin(connection: Connection, sql: string): void;
  /** Commits, after what has to come before it. May be called again if it throws SQLITE_BUSY. */
  commit(connection: Connection): void;
}

const plainSteps: TransactionSteps = {
  begin: (connection, sql) => connection.exec(sql),
  commit: (connection) => connection.exec("COMMIT"),
};

/** A transaction on a connection of its own. */
export class LocalTransaction implements EngineTransaction, ScopedTransaction, ActiveTransaction {
  readonly #host: LocalTransactionHost;
  readonly #connection: Connection;
  readonly #foreignKeys: string | undefined;
  readonly #steps: TransactionSteps;
  readonly #iterations = new Set<LocalChunks>();
  #turn: Release | undefined;
  #needsTurn: boolean;
  #takingTurn: Promise<void> | undefined;
  #isEnded = false;
  #hasChangedSchema = false;
  #calls = 0;
  #runsCallback = false;

  private constructor(
    host: LocalTransactionHost,
    connection: Connection,
    turn: Release | undefined,
    mode: TransactionMode,
    foreignKeys: string | undefined,
    steps: TransactionSteps,
  ) {
    this.#host = host;
    this.#connection = connection;
    this.#turn = turn;
    this.#needsTurn = turn === undefined && mode === "deferred";
    this.#foreignKeys = foreignKeys;
    this.#steps = steps;
  }

  /** Begins on `connection`, which the transaction owns from here on, also if this throws. */
  static async begin(
    host: LocalTransactionHost,
    connection: Connection,
    turn: Release | undefined,
    mode: TransactionMode,
    beginSql: string,
    options: BeginOptions,
    steps: TransactionSteps = plainSteps,
  ): Promise<LocalTransaction> {
    const wanted = foreignKeysOf(options);
    const found = wanted === undefined ? undefined : readForeignKeys(connection);
    // What is set as it should be needs no restoring.
    const foreignKeys = found === wanted ? undefined : found;
    const transaction = new LocalTransaction(host, connection, turn, mode, foreignKeys, steps);
    try {
      if (foreignKeys !== undefined) connection.exec(`PRAGMA foreign_keys = ${wanted}`);
      await whileBusy(() => steps.begin(connection, beginSql), host.patienceMs(), options);
      return transaction;
    } catch (error) {
      transaction.#end();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#isEnded;
  }

  get activity(): number | undefined {
    return this.#runsCallback || this.#iterations.size > 0 ? undefined : this.#calls;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    const result = this.#execute(statement, options);
    return result instanceof Promise || !isTurnDue() ? result : afterTurn(result);
  }

  async batch(statements: readonly BoundStatement[], options: CallOptions): Promise<RawResult[]> {
    const results: RawResult[] = [];
    const runs = new Map<string, InsertRun | undefined>();
    let stretchBegan = performance.now();
    while (results.length < statements.length) {
      const statement = statements[results.length]!;
      try {
        const result = this.#execute(statement, options);
        results.push(result instanceof Promise ? await result : result);
        this.#runInserts(statements, results, runs, stretchBegan + maxStretchMs);
      } catch (error) {
        throw error instanceof InsertFailure
          ? atStatement(error.index, error.cause)
          : atStatement(results.length, error);
      }
      if (performance.now() - stretchBegan > maxStretchMs) {
        await afterTurn(undefined);
        stretchBegan = performance.now();
      }
    }
    return results;
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    throwIfAborted(options.signal);
    this.#checkOpen();
    this.#calls += 1;
    if (this.#needsTurn) await this.#takeTurn(options);
    this.#checkOpen();
    try {
      for (const { sql: one } of splitRemembered(sql)) this.#connection.runOfScript(one, parseRemembered(one));
    } finally {
      this.#mayHaveChangedSchema();
      this.#endIfOver();
    }
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    const chunks: LocalChunks = new LocalChunks(async () => {
      // Only a read is streamed: ending a write early would undo it.
      if (statement.parsed.kind !== "read") {
        return { rows: OpenRows.of(await this.#execute(statement, options)), onClose: () => undefined };
      }
      throwIfAborted(options.signal);
      this.#checkOpen();
      const rows = this.#connection.open(statement);
      this.#iterations.add(chunks);
      const onClose = (): void => {
        this.#iterations.delete(chunks);
        this.#endIfOver();
      };
      return { rows, onClose };
    }, options);
    return chunks;
  }

  async commit(options: BoundOptions = {}): Promise<void> {
    this.#checkOpen();
    this.#endIterations();
    try {
      if (this.#connection.tainted) throw unfinishedError();
      const attempt = (): void => {
        this.#checkOpen();
        this.#steps.commit(this.#connection);
      };
      await whileBusy(attempt, this.#host.patienceMs(), options);
    } finally {
      this.#end();
    }
  }

  rollback(): void {
    this.close();
  }

  runCallback<T>(callback: () => Promise<T>): Promise<T> {
    this.#runsCallback = true;
    return runInScope(this, callback);
  }

  holdsTurnOf(queue: object): boolean {
    return !this.#isEnded && this.#turn !== undefined && queue === this.#host.queue;
  }

  close(): void {
    this.#end();
  }

  #checkOpen(): void {
    if (this.closed) throw closedError();
  }

  #execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    throwIfAborted(options.signal);
    this.#checkOpen();
    this.#calls += 1;
    if (!this.#needsTurn || statement.parsed.kind === "read") return this.#run(statement, options);
    return this.#takeTurn(options).then(() => this.#run(statement, options));
  }

  /** If many inserts of the text that was just run come next, runs some of them together. */
  #runInserts(
    statements: readonly BoundStatement[],
    results: RawResult[],
    runs: Map<string, InsertRun | undefined>,
    until: number,
  ): void {
    const at = results.length;
    const last = statements[at - 1]!;
    const { sql, parsed } = last;
    // What changes the schema may change what an insert does.
    if (parsed.kind !== "write" && parsed.kind !== "read") runs.clear();
    if (statements[at]?.sql !== sql) return;
    if (!runs.has(sql)) {
      if (statements[at + minInsertRun]?.sql !== sql) return;
      runs.set(sql, InsertRun.of(this.#connection, last));
    }
    try {
      runs.get(sql)?.run(statements, results, until);
    } catch (error) {
      this.#endIfOver();
      throw error;
    }
  }

  #takeTurn(options: CallOptions): Promise<void> {
    this.#takingTurn ??= this.#acquireTurn(options).finally(() => {
      this.#takingTurn = undefined;
    });
    return this.#takingTurn;
  }

  async #acquireTurn(options: CallOptions): Promise<void> {
    const turn = await this.#host.acquireTurn(options);
    if (this.#isEnded) {
      turn();
      this.#checkOpen();
    }
    this.#needsTurn = false;
    this.#turn = turn;
  }

  #run(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    try {
      return this.#attempt(statement);
    } catch (error) {
      if (!isBusy(error) || this.#isEnded || error.extendedCode === "SQLITE_BUSY_SNAPSHOT") throw error;
      return whileBusy(() => this.#attempt(statement), this.#host.patienceMs(), options);
    }
  }

  #attempt(statement: BoundStatement): RawResult {
    try {
      this.#checkOpen();
      const result = this.#connection.run(statement);
      const { kind } = statement.parsed;
      if (kind === "read" || kind === "write") return result;
      this.#mayHaveChangedSchema();
      this.#host.onOther(statement);
      this.#endIfOver();
      return result;
    } catch (error) {
      // OR ROLLBACK, a full disk and the like end the whole transaction.
      this.#endIfOver();
      throw error;
    }
  }

  /** Others see the change only at COMMIT, and this connection sees it undone after a ROLLBACK: so it counts now and then. */
  #mayHaveChangedSchema(): void {
    this.#hasChangedSchema = true;
    this.#host.queue.schemaVersion += 1;
  }

  /** Gives everything back once a statement has ended the transaction. */
  #endIfOver(): void {
    if (!this.#connection.inTransaction) this.#end();
  }

  /** A loop that is not at its end must not look as if it were. */
  #endIterations(): void {
    for (const chunks of this.#iterations) chunks.end(closedError());
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    try {
      this.#endIterations();
      this.#connection.rollBack();
      if (this.#foreignKeys !== undefined) this.#connection.exec(`PRAGMA foreign_keys = ${this.#foreignKeys}`);
    } catch {
      // The pool closes a connection that is still in its transaction, which rolls it back.
    }
    if (this.#hasChangedSchema) this.#host.queue.schemaVersion += 1;
    this.#host.onEnd(this, this.#connection);
    this.#turn?.();
  }
}

function closedError(): LitefleetError {
  return new LitefleetError("The transaction is closed", "TRANSACTION_CLOSED");
}

/** A statement met a lock and was not run again: the libSQL library leaves it open, and SQLite refuses the COMMIT. */
function unfinishedError(): LitefleetError {
  return new LitefleetError(
    "A statement of the transaction met a lock and was not repeated, so it cannot be committed; run the transaction again",
    "SQLITE_BUSY",
    { extendedCode: "SQLITE_BUSY", rawCode: 5, isRetryable: true },
  );
}

function atStatement(index: number, error: unknown): unknown {
  return error instanceof LitefleetError ? LitefleetBatchError.at(index, error) : error;
}

const foreignKeysPragma: BoundStatement = {
  sql: "PRAGMA foreign_keys",
  parsed: {
    kind: "pragma",
    keyword: "PRAGMA",
    parameters: [],
    returning: false,
    hasStar: false,
    pragma: { name: "foreign_keys", value: undefined },
  },
  args: [],
  intMode: "number",
};

function foreignKeysOf({ foreignKeys }: BeginOptions): "ON" | "OFF" | undefined {
  if (foreignKeys === undefined) return undefined;
  return foreignKeys === "off" ? "OFF" : "ON";
}

function readForeignKeys(connection: Connection): "ON" | "OFF" {
  return connection.run(foreignKeysPragma).rows[0]?.[0] === 1 ? "ON" : "OFF";
}
