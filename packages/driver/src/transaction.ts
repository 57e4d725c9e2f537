import type { ResultSet } from "@libsql/core/api";
import type { BatchStatement, BoundOptions, CallOptions, RawResult, RowKey, TransactionMode } from "./api.ts";
import { CallChain } from "./call-chain.ts";
import { checkOptions } from "./call-options.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "./engine.ts";
import { isRetryable, LitefleetError } from "./errors.ts";
import type { ParsedStatements } from "./parsed-statements.ts";
import { checkReadOnly } from "./read-only.ts";
import { lockRows } from "./row-lock.ts";
import { toResultSets } from "./result-set.ts";
import { checkSqlText } from "./sql/check-text.ts";
import { TransactionScope } from "./transaction-scope.ts";
import { throwIfAborted } from "./waiting.ts";

/** An open transaction over an engine's. Calls run in the order they were made. */
export class LitefleetTransaction extends TransactionScope {
  override readonly mode: TransactionMode;
  readonly #engine: EngineTransaction;
  readonly #calls = new CallChain();
  #retryableError: unknown;

  constructor(engine: EngineTransaction, mode: TransactionMode, statements: ParsedStatements) {
    super(statements, "litefleet");
    this.#engine = engine;
    this.mode = mode;
  }

  override get closed(): boolean {
    return this.#engine.closed;
  }

  /** The error of the engine, if one came, after which the whole transaction may succeed in another run. */
  get retryableError(): unknown {
    return this.#retryableError;
  }

  override runBound(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    if (this.mode === "read") checkReadOnly(statement);
    return this.#call(() => this.#engine.execute(statement, options));
  }

  override openChunks(statement: BoundStatement, options: CallOptions): RowChunks {
    this.#checkOpen();
    if (this.mode === "read") checkReadOnly(statement);
    return this.#engine.iterate(statement, options);
  }

  get writesBesideOthers(): boolean {
    return this.#engine.writesBesideOthers ?? false;
  }

  override lock(table: string, key: RowKey, options?: CallOptions): Promise<number> {
    return lockRows(this, table, key, options);
  }

  override async batch(stmts: readonly BatchStatement[], given?: CallOptions): Promise<ResultSet[]> {
    const options = checkOptions(given);
    const bound = this.bindAll(stmts, options);
    if (this.mode === "read") bound.forEach(checkReadOnly);
    const results = await this.#call(() => this.#engine.batch(bound, options));
    return toResultSets(results);
  }

  override async executeMultiple(sql: string, given?: CallOptions): Promise<void> {
    checkSqlText(sql);
    const options = checkOptions(given);
    await this.#call(() => this.#engine.script(sql, options));
  }

  /** @param onVisible as in {@link EngineTransaction.commit}. */
  override async commit(given?: BoundOptions, onVisible?: () => void): Promise<void> {
    const options = checkOptions(given);
    throwIfAborted(options.signal);
    await this.#call(() => this.#engine.commit(options, onVisible));
  }

  override async rollback(): Promise<void> {
    if (this.closed) {
      this.#engine.close();
      return;
    }
    await this.#calls.run(() => this.#engine.rollback());
  }

  /** Runs the callback whose transaction this is. */
  runCallback<T>(callback: (tx: LitefleetTransaction) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => callback(this);
    return this.#engine.runCallback?.(run) ?? run();
  }

  override close(): void {
    this.#engine.close();
  }

  #call<T>(run: () => MaybePromise<T>): MaybePromise<T> {
    return this.#calls.run(() => {
      this.#checkOpen();
      try {
        const result = run();
        return result instanceof Promise ? result.catch((error: unknown) => this.#fail(error)) : result;
      } catch (error) {
        return this.#fail(error);
      }
    });
  }

  #fail(error: unknown): never {
    if (isRetryable(error)) this.#retryableError ??= error;
    throw error;
  }

  #checkOpen(): void {
    if (this.closed) throw this.#closedError();
  }

  #closedError(): LitefleetError {
    return new LitefleetError("The transaction is closed", "TRANSACTION_CLOSED", { cause: this.#retryableError });
  }
}
