import type { ResultSet } from "@libsql/core/api";
import type {
  BatchStatement,
  BoundOptions,
  CallOptions,
  RawResult,
  RowKey,
  Transaction,
  TransactionMode,
} from "./api.ts";
import { createAsyncScope } from "./async-scope.ts";
import { checkOptions } from "./call-options.ts";
import { CallChain } from "./call-chain.ts";
import type { BoundStatement, MaybePromise, RowChunks } from "./engine.ts";
import { LitefleetError } from "./errors.ts";
import type { ParsedStatements } from "./parsed-statements.ts";
import { StatementRunner } from "./statement-runner.ts";
import { Deadline, throwIfAborted } from "./waiting.ts";
import { within } from "./within.ts";

/** The savepoint whose callback the running code is inside of. */
const enclosing = createAsyncScope<Savepoint>();

/** What has savepoints: a transaction, and a savepoint itself. */
export abstract class TransactionScope extends StatementRunner implements Transaction {
  readonly #name: string;
  readonly #siblings = new CallChain();
  #savepointCount = 0;

  /** @param name prefix of the names of the savepoints inside. */
  constructor(statements: ParsedStatements, name: string) {
    super(statements);
    this.#name = name;
  }

  abstract readonly mode: TransactionMode;
  abstract lock(table: string, key: RowKey, options?: CallOptions): Promise<number>;
  abstract batch(stmts: readonly BatchStatement[], options?: CallOptions): Promise<ResultSet[]>;
  abstract commit(options?: BoundOptions): Promise<void>;
  abstract rollback(): Promise<void>;
  abstract close(): void;

  async savepoint<T>(callback: (tx: Transaction) => Promise<T>, given?: BoundOptions): Promise<T> {
    const inside = this.#openSavepointAround();
    if (inside !== undefined) return inside.savepoint(callback, given);
    const options = checkOptions(given);
    const deadline = new Deadline(options);
    // Savepoints nest like brackets, so a sibling waits until the one before it is closed.
    return this.#siblings.run(() => this.#runSavepoint(callback, deadline, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rollback();
  }

  /** The innermost open savepoint of this scope that we are called from inside of: waiting for it would be for ever. */
  #openSavepointAround(): Savepoint | undefined {
    for (
      let around: TransactionScope | undefined = enclosing.current;
      around instanceof Savepoint;
      around = around.outer
    ) {
      if (around.isInside(this) && !around.closed) return around;
    }
    return undefined;
  }

  async #runSavepoint<T>(
    callback: (tx: Transaction) => Promise<T>,
    deadline: Deadline,
    { signal, timeoutMs }: BoundOptions,
  ): Promise<T> {
    deadline.check("the savepoint before it");
    this.#savepointCount += 1;
    const name = `${this.#name}_${this.#savepointCount}`;
    await this.execute(`SAVEPOINT ${name}`);
    const savepoint = new Savepoint(this, name, this.statements);
    try {
      const left = { signal, timeoutMs: timeoutMs === undefined ? undefined : deadline.remainingMs };
      const result = await within(
        enclosing.run(savepoint, async () => callback(savepoint)),
        left,
        "the savepoint's callback",
      );
      if (!savepoint.closed) await savepoint.commit();
      return result;
    } catch (error) {
      // The callback's error is what the caller must hear of; a transaction that is lost says so at its next call.
      await savepoint.rollback().catch(() => undefined);
      throw error;
    }
  }
}

/** A savepoint: a transaction that ends without ending the one around it. */
class Savepoint extends TransactionScope {
  readonly outer: TransactionScope;
  readonly #name: string;
  #isEnded = false;

  constructor(outer: TransactionScope, name: string, statements: ParsedStatements) {
    super(statements, name);
    this.outer = outer;
    this.#name = name;
  }

  override get mode(): TransactionMode {
    return this.outer.mode;
  }

  /** Whether this savepoint lies in `scope`, at any depth. */
  isInside(scope: TransactionScope): boolean {
    return this.outer === scope || (this.outer instanceof Savepoint && this.outer.isInside(scope));
  }

  override get closed(): boolean {
    return this.#isEnded || this.outer.closed;
  }

  override runBound(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    this.#checkOpen();
    return this.outer.runBound(statement, options);
  }

  override openChunks(statement: BoundStatement, options: CallOptions): RowChunks {
    this.#checkOpen();
    return this.outer.openChunks(statement, options);
  }

  override async lock(table: string, key: RowKey, options?: CallOptions): Promise<number> {
    this.#checkOpen();
    return this.outer.lock(table, key, options);
  }

  override async batch(stmts: readonly BatchStatement[], options?: CallOptions): Promise<ResultSet[]> {
    this.#checkOpen();
    return this.outer.batch(stmts, options);
  }

  override async executeMultiple(sql: string, options?: CallOptions): Promise<void> {
    this.#checkOpen();
    await this.outer.executeMultiple(sql, options);
  }

  override async commit(options?: BoundOptions): Promise<void> {
    this.#checkOpen();
    throwIfAborted(checkOptions(options).signal);
    await this.outer.execute(`RELEASE ${this.#name}`);
    this.#isEnded = true;
  }

  override async rollback(): Promise<void> {
    if (this.closed) return;
    this.#isEnded = true;
    await this.outer.execute(`ROLLBACK TO ${this.#name}`);
    await this.outer.execute(`RELEASE ${this.#name}`);
  }

  override close(): void {
    void this.rollback().catch(() => undefined);
  }

  #checkOpen(): void {
    if (this.closed) throw new LitefleetError("The savepoint is closed", "TRANSACTION_CLOSED");
  }
}
