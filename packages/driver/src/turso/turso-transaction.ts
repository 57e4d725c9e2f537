import type { BoundOptions, CallOptions, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetBatchError, LitefleetError } from "../errors.ts";
import type { Release } from "../local/write-queue.ts";
import { markNeedsExclusive, needsExclusive } from "../needs-exclusive.ts";
import type { ParsedStatement } from "../sql/parse.ts";
import { parseRemembered, splitRemembered } from "../sql/remembered.ts";
import { ddlInConcurrent, needsExclusiveForKeys } from "./classify.ts";
import { runInConcurrent } from "./conflict-retry.ts";
import { replacesRows } from "./foreign-keys/replaces-rows.ts";

/** What a concurrent transaction needs of its engine. */
export interface ConcurrentTransaction {
  /** Whether foreign keys are checked again at COMMIT. */
  readonly isChecked: boolean;
  /** Waits until no other transaction has the database for itself. */
  readonly acquireTurn: (options: BoundOptions) => Promise<Release>;
  /** After the COMMIT, resolves when it is on the disk; `undefined` if it is already. */
  readonly durable: () => Promise<void> | undefined;
}

/**
 * A local transaction with what is particular to this engine: a concurrent one takes a turn to commit and leaves the schema
 * alone, and one that only reads is held to it here, since the engine has no read-only transaction.
 */
export class TursoTransaction implements EngineTransaction {
  readonly #inner: EngineTransaction;
  readonly #mode: TransactionMode;
  readonly #concurrent: ConcurrentTransaction | undefined;

  /** @param concurrent for mode `"concurrent"` in a file, what is particular to it. */
  constructor(inner: EngineTransaction, mode: TransactionMode, concurrent?: ConcurrentTransaction) {
    this.#inner = inner;
    this.#mode = mode;
    this.#concurrent = concurrent;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  get writesBesideOthers(): boolean {
    return this.#concurrent !== undefined;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    this.#check(statement.sql, statement.parsed);
    return this.#inner.execute(statement, options);
  }

  batch(statements: readonly BoundStatement[], options: CallOptions): MaybePromise<RawResult[]> {
    for (const [i, { sql, parsed }] of statements.entries()) {
      const refusal = this.#refusal(sql, parsed);
      if (refusal !== undefined) throw atStatement(i, refusal);
    }
    return this.#inner.batch(statements, options);
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    for (const { sql: one } of splitRemembered(sql)) this.#check(one, parseRemembered(one));
    await this.#inner.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    this.#check(statement.sql, statement.parsed);
    return this.#inner.iterate(statement, options);
  }

  async commit(options: BoundOptions = {}, onVisible?: () => void): Promise<void> {
    // There is nothing to commit, and so nothing that a change of the schema could conflict with.
    if (this.#mode === "read") return this.#inner.rollback();
    if (this.#concurrent === undefined) return this.#inner.commit(options);
    // While another transaction has the database for itself, every commit beside it ends in a conflict.
    const turn = await this.#concurrent.acquireTurn(options);
    try {
      await this.#inner.commit(options);
    } finally {
      turn();
    }
    onVisible?.();
    await this.#concurrent.durable();
  }

  rollback(): MaybePromise<void> {
    return this.#inner.rollback();
  }

  close(): void {
    this.#inner.close();
  }

  runCallback<T>(callback: () => Promise<T>): Promise<T> {
    const run = (): Promise<T> => this.#inner.runCallback?.(callback) ?? callback();
    return this.#concurrent === undefined ? run() : runInConcurrent(run);
  }

  #check(sql: string, parsed: ParsedStatement): void {
    const refusal = this.#refusal(sql, parsed);
    if (refusal !== undefined) throw refusal;
  }

  #refusal(sql: string, { kind, keyword }: ParsedStatement): LitefleetError | undefined {
    if (this.#concurrent?.isChecked === true && kind === "write" && !this.closed && replacesRows(sql)) {
      this.#inner.close();
      return needsExclusiveForKeys(`${keyword} resolves conflicts by REPLACE`);
    }
    if (this.#concurrent !== undefined && kind === "schema" && !this.closed) {
      // As after any conflict: nothing of this run stays.
      this.#inner.close();
      return ddlInConcurrent(keyword);
    }
    if (this.#mode === "read" && (kind === "write" || kind === "schema")) {
      const details = { extendedCode: "SQLITE_READONLY", rawCode: 8 };
      return new LitefleetError(`attempt to ${keyword} in a transaction of mode "read"`, "SQLITE_READONLY", details);
    }
    return undefined;
  }
}

function atStatement(index: number, error: LitefleetError): LitefleetBatchError {
  const batchError = LitefleetBatchError.at(index, error);
  return needsExclusive(error) ? markNeedsExclusive(batchError) : batchError;
}
