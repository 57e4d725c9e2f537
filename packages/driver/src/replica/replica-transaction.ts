import type { CallOptions, RawResult } from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";

/** A transaction on the primary, after whose commit the local copy catches up. */
export class ReplicaTransaction implements EngineTransaction {
  readonly #onPrimary: EngineTransaction;
  readonly #catchUp: () => Promise<void>;

  constructor(onPrimary: EngineTransaction, catchUp: () => Promise<void>) {
    this.#onPrimary = onPrimary;
    this.#catchUp = catchUp;
  }

  get closed(): boolean {
    return this.#onPrimary.closed;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    return this.#onPrimary.execute(statement, options);
  }

  batch(statements: readonly BoundStatement[], options: CallOptions): MaybePromise<RawResult[]> {
    return this.#onPrimary.batch(statements, options);
  }

  script(sql: string, options: CallOptions): MaybePromise<void> {
    return this.#onPrimary.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    return this.#onPrimary.iterate(statement, options);
  }

  async commit(): Promise<void> {
    await this.#onPrimary.commit();
    await this.#catchUp();
  }

  rollback(): MaybePromise<void> {
    return this.#onPrimary.rollback();
  }

  close(): void {
    this.#onPrimary.close();
  }
}
