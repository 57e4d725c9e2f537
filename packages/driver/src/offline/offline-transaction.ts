import type { BoundOptions, CallOptions, RawResult } from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetBatchError, LitefleetError } from "../errors.ts";
import { parseRemembered, splitRemembered } from "../sql/remembered.ts";
import type { Refusals } from "./refusals.ts";

/** A local transaction that refuses what cannot be carried to the primary. */
export class OfflineTransaction implements EngineTransaction {
  readonly #inner: EngineTransaction;
  readonly #refusals: Refusals;

  constructor(inner: EngineTransaction, refusals: Refusals) {
    this.#inner = inner;
    this.#refusals = refusals;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    this.#refusals.check(statement);
    return this.#inner.execute(statement, options);
  }

  batch(statements: readonly BoundStatement[], options: CallOptions): MaybePromise<RawResult[]> {
    checkAll(this.#refusals, statements);
    return this.#inner.batch(statements, options);
  }

  script(sql: string, options: CallOptions): MaybePromise<void> {
    checkScript(this.#refusals, sql);
    return this.#inner.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    this.#refusals.check(statement);
    return this.#inner.iterate(statement, options);
  }

  commit(options?: BoundOptions): MaybePromise<void> {
    return this.#inner.commit(options);
  }

  rollback(): MaybePromise<void> {
    return this.#inner.rollback();
  }

  close(): void {
    this.#inner.close();
  }

  runCallback<T>(callback: () => Promise<T>): Promise<T> {
    return this.#inner.runCallback?.(callback) ?? callback();
  }
}

/** @throws {LitefleetBatchError} for the first statement that is refused, before any has run. */
export function checkAll(refusals: Refusals, statements: readonly BoundStatement[]): void {
  for (const [i, statement] of statements.entries()) {
    try {
      refusals.check(statement);
    } catch (error) {
      throw error instanceof LitefleetError ? LitefleetBatchError.at(i, error) : error;
    }
  }
}

/** @throws {LitefleetError} if a statement of the script is refused, before any has run. */
export function checkScript(refusals: Refusals, sql: string): void {
  for (const { sql: one } of splitRemembered(sql)) refusals.check({ sql: one, parsed: parseRemembered(one) });
}
