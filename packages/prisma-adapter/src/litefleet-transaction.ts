import type { Client, Executor, Transaction as DriverTransaction, TransactionMode } from "@litefleet/driver";
import { Debug, DriverAdapterError } from "@prisma/driver-adapter-utils";
import type { Transaction, TransactionOptions } from "@prisma/driver-adapter-utils";
import { toPrismaError } from "./driver-error.ts";
import { toKnownRequestError } from "./known-request-error.ts";
import { LitefleetQueryable } from "./litefleet-queryable.ts";
import type { ResolvedOptions } from "./options.ts";

const debug = Debug("prisma:driver-adapter:litefleet");

/**
 * A transaction of Prisma's. It begins with its first statement, as SQLite's own `BEGIN` does: the wait for the turn among
 * the writers then counts towards Prisma's `timeout` (5 s), not towards `maxWait` (2 s), and a transaction that runs
 * nothing holds up nobody.
 */
export class LitefleetTransaction extends LitefleetQueryable implements Transaction {
  /** Prisma calls `commit()` and `rollback()` and sends no COMMIT or ROLLBACK of its own. */
  readonly options: TransactionOptions = { usePhantomQuery: true };
  readonly #client: Client;
  readonly #mode: TransactionMode;
  readonly #abort: AbortController;
  #isGiven = false;
  #begun: Promise<DriverTransaction> | undefined;
  #hasEnded = false;

  constructor(client: Client, mode: TransactionMode, options: ResolvedOptions) {
    const abort = new AbortController();
    super(options, abort.signal);
    this.#abort = abort;
    this.#client = client;
    this.#mode = mode;
  }

  /**
   * Takes a transaction of the driver's that has begun already, instead of beginning one. Whoever gives it commits it when Prisma
   * says that all went well.
   *
   * @throws {TypeError} if this one has begun.
   */
  adopt(transaction: DriverTransaction): void {
    if (this.#begun !== undefined) throw new TypeError("The transaction has begun already");
    this.#isGiven = true;
    this.#begun = Promise.resolve(transaction);
  }

  protected override executor(): Promise<Executor> {
    if (this.#hasEnded) {
      const cause = "The transaction has ended: its queries must be awaited before its callback returns";
      throw new DriverAdapterError({ kind: "TransactionAlreadyClosed", cause, originalMessage: cause });
    }
    this.#begun ??= this.#client.transaction(this.#mode, { signal: this.#abort.signal });
    return this.#begun;
  }

  /** Commits. Should that fail, the transaction is rolled back, for Prisma will not ask for it. */
  async commit(): Promise<void> {
    this.#hasEnded = true;
    if (this.#begun === undefined || this.#isGiven) return;
    let transaction: DriverTransaction | undefined;
    try {
      transaction = await this.#begun;
      await transaction.commit();
    } catch (error) {
      transaction?.close();
      const place = transaction === undefined ? "outside" : "transaction";
      throw await toKnownRequestError(toPrismaError(error, place), "The commit");
    }
  }

  /** Rolls back, and gives up what a statement still waits for. Never throws: the error that led here counts. */
  async rollback(): Promise<void> {
    this.#hasEnded = true;
    this.#abort.abort();
    if (this.#begun === undefined) return;
    let transaction: DriverTransaction | undefined;
    try {
      transaction = await this.#begun;
      await transaction.rollback();
    } catch (error) {
      debug("rollback: %O", error);
      transaction?.close();
    }
  }

  /** Begins a nested transaction. Prisma gives each a name of its own. */
  async createSavepoint(name: string): Promise<void> {
    await this.#control(`SAVEPOINT ${name}`);
  }

  /** Undoes what happened since the savepoint, which stays. */
  async rollbackToSavepoint(name: string): Promise<void> {
    await this.#control(`ROLLBACK TO ${name}`);
  }

  /** Ends a nested transaction; what it did is now part of the one around it. */
  async releaseSavepoint(name: string): Promise<void> {
    await this.#control(`RELEASE ${name}`);
  }

  async #control(sql: string): Promise<void> {
    try {
      await this.run((executor) => executor.execute(sql));
    } catch (error) {
      throw await toKnownRequestError(error, sql);
    }
  }
}
