import type { BoundOptions, CallOptions, RawResult } from "../api.ts";
import type { BoundStatement, EngineTransaction, RowChunks } from "../engine.ts";
import { onPrimary } from "./primary-errors.ts";

/** A transaction on the primary, after whose commit the local copy catches up. */
export class ReplicaTransaction implements EngineTransaction {
  readonly #onPrimary: EngineTransaction;
  readonly #catchUp: () => Promise<void>;

  constructor(transaction: EngineTransaction, catchUp: () => Promise<void>) {
    this.#onPrimary = transaction;
    this.#catchUp = catchUp;
  }

  get closed(): boolean {
    return this.#onPrimary.closed;
  }

  execute(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    return onPrimary(() => this.#onPrimary.execute(statement, options));
  }

  batch(statements: readonly BoundStatement[], options: CallOptions): Promise<RawResult[]> {
    return onPrimary(() => this.#onPrimary.batch(statements, options));
  }

  script(sql: string, options: CallOptions): Promise<void> {
    return onPrimary(() => this.#onPrimary.script(sql, options));
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    return this.#onPrimary.iterate(statement, options);
  }

  async commit(options: BoundOptions = {}): Promise<void> {
    await onPrimary(() => this.#onPrimary.commit(options));
    await this.#catchUp();
  }

  rollback(): Promise<void> {
    return onPrimary(() => this.#onPrimary.rollback());
  }

  close(): void {
    this.#onPrimary.close();
  }
}
