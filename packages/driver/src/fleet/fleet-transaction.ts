import type { InArgs, InStatement, ResultSet, Row } from "@libsql/core/api";
import type {
  BatchStatement,
  BoundOptions,
  CallOptions,
  PreparedStatement,
  RowKey,
  Transaction,
  TransactionMode,
} from "../api.ts";
import { executeOn, iterateOn } from "./overloads.ts";

/** A transaction opened by hand on a tenant, which stays open until the transaction has ended. */
export class FleetTransaction implements Transaction {
  readonly #transaction: Transaction;
  readonly #onEnd: () => void;

  constructor(transaction: Transaction, onEnd: () => void) {
    this.#transaction = transaction;
    this.#onEnd = onEnd;
  }

  get mode(): TransactionMode {
    return this.#transaction.mode;
  }

  get closed(): boolean {
    this.#endIfOver();
    return this.#transaction.closed;
  }

  execute(stmt: InStatement, second?: InArgs | CallOptions, third?: CallOptions): Promise<ResultSet> {
    return this.#after(executeOn(this.#transaction, stmt, second, third));
  }

  executeMultiple(sql: string, options?: CallOptions): Promise<void> {
    return this.#after(this.#transaction.executeMultiple(sql, options));
  }

  prepare(sql: string): PreparedStatement {
    return this.#transaction.prepare(sql);
  }

  iterate(stmt: InStatement, second?: InArgs | CallOptions, third?: CallOptions): AsyncIterableIterator<Row> {
    return iterateOn(this.#transaction, stmt, second, third);
  }

  batch(stmts: readonly BatchStatement[], options?: CallOptions): Promise<ResultSet[]> {
    return this.#after(this.#transaction.batch(stmts, options));
  }

  savepoint<T>(callback: (tx: Transaction) => Promise<T>, options?: BoundOptions): Promise<T> {
    return this.#after(this.#transaction.savepoint(callback, options));
  }

  lock(table: string, key: RowKey, options?: CallOptions): Promise<number> {
    return this.#after(this.#transaction.lock(table, key, options));
  }

  commit(options?: BoundOptions): Promise<void> {
    return this.#after(this.#transaction.commit(options));
  }

  rollback(): Promise<void> {
    return this.#after(this.#transaction.rollback());
  }

  close(): void {
    this.#transaction.close();
    this.#onEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rollback();
  }

  /** Any call may be the last: a COMMIT given as SQL, a statement that ends the transaction as it fails. */
  async #after<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } finally {
      this.#endIfOver();
    }
  }

  #endIfOver(): void {
    if (this.#transaction.closed) this.#onEnd();
  }
}
