import type { Connection } from "../local/connection.ts";
import type { TransactionSteps } from "../local/local-transaction.ts";
import type { ForeignKeyWatch } from "./foreign-keys/foreign-key-watch.ts";
import type { LogFlush } from "./log-flush.ts";

/** What the steps of a concurrent transaction need. */
export interface ConcurrentStepsHost {
  readonly foreignKeys: ForeignKeyWatch;
  /** Whether foreign keys are checked again at COMMIT. */
  readonly isChecked: boolean;
  readonly flush: LogFlush;
  /** Commits without waiting for the disk; false if there is nothing to wait for. */
  readonly commitUnsynced: (connection: Connection) => boolean;
  /** Whether other transactions are open, with which a flush to the disk could be shared. */
  readonly hasCompany: () => boolean;
}

/**
 * How a concurrent transaction begins and commits. Each COMMIT of the engine waits for the disk, on the JavaScript thread; where
 * several transactions are open they commit without that, and are told so when one flush for all of them is done. It is one log, in
 * order, so what others have read of a transaction that is lost with the machine is lost with it.
 */
export class ConcurrentSteps implements TransactionSteps {
  readonly #host: ConcurrentStepsHost;
  #durable: Promise<void> | undefined;

  constructor(host: ConcurrentStepsHost) {
    this.#host = host;
  }

  /** Resolves when the commit is on the disk; `undefined` if it is already. */
  get durable(): Promise<void> | undefined {
    return this.#durable;
  }

  begin(connection: Connection, sql: string): void {
    const { foreignKeys, isChecked } = this.#host;
    if (isChecked) foreignKeys.arm(connection);
    else foreignKeys.disarm(connection);
    connection.exec(sql);
  }

  commit(connection: Connection): void {
    const { foreignKeys, isChecked, flush, commitUnsynced, hasCompany } = this.#host;
    if (isChecked) foreignKeys.check(connection);
    if (!hasCompany()) connection.exec("COMMIT");
    else if (commitUnsynced(connection)) this.#durable = flush.flush();
  }
}
