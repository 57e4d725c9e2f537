import type { Client, Transaction as DriverTransaction, TransactionMode } from "@litefleet/driver";
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
  readonly #onEnd: (() => void) | undefined;
  #isGiven = false;
  #beginning: Promise<DriverTransaction> | undefined;
  #begun: DriverTransaction | undefined;
  #hasEnded = false;

  /** @param onEnd is called once it has been committed or rolled back. */
  constructor(client: Client, mode: TransactionMode, options: ResolvedOptions, onEnd?: () => void) {
    const abort = new AbortController();
    super(options, abort.signal);
    this.#abort = abort;
    this.#client = client;
    this.#mode = mode;
    this.#onEnd = onEnd;
  }

  /**
   * Takes a transaction of the driver's that has begun already, instead of beginning one. Whoever gives it commits it when Prisma
   * says that all went well.
   *
   * @throws {TypeError} if this one has begun.
   */
  adopt(transaction: DriverTransaction): void {
    if (this.#beginning !== undefined) throw new TypeError("The transaction has begun already");
    this.#isGiven = true;
    this.#begun = transaction;
    this.#beginning = Promise.resolve(transaction);
  }

  protected override executor(): DriverTransaction | Promise<DriverTransaction> {
    if (this.#hasEnded) {
      const cause = "The transaction has ended: its queries must be awaited before its callback returns";
      throw new DriverAdapterError({ kind: "TransactionAlreadyClosed", cause, originalMessage: cause });
    }
    return this.#begun ?? (this.#beginning ??= this.#begin());
  }

  /** Commits. Should that fail, the transaction is rolled back, for Prisma will not ask for it. */
  async commit(): Promise<void> {
    this.#hasEnded = true;
    try {
      if (!this.#isGiven) await (await this.#beginning)?.commit();
    } catch (error) {
      this.#begun?.close();
      throw await toKnownRequestError(this.translate(error), "The commit");
    } finally {
      this.#onEnd?.();
    }
  }

  /** Rolls back, and gives up what a statement still waits for. Never throws: the error that led here counts. */
  async rollback(): Promise<void> {
    this.#hasEnded = true;
    this.#abort.abort();
    try {
      await (await this.#beginning)?.rollback();
    } catch (error) {
      debug("rollback: %O", error);
      this.#begun?.close();
    } finally {
      this.#onEnd?.();
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

  async #begin(): Promise<DriverTransaction> {
    try {
      this.#begun = await this.#client.transaction(this.#mode, { signal: this.#abort.signal });
      return this.#begun;
    } catch (error) {
      // What fails to begin is no transaction yet, and a lock that could not be had no conflict.
      throw toPrismaError(error, "outside");
    }
  }

  async #control(sql: string): Promise<void> {
    try {
      await (await this.executor()).execute(sql);
    } catch (error) {
      throw await toKnownRequestError(this.translate(error), sql);
    }
  }
}
