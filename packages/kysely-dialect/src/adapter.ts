import { DialectAdapterBase } from "kysely";

/**
 * What Kysely may expect of a database behind Litefleet.
 *
 * Unlike Kysely's own SQLite adapter it allows several connections, so that a query on `db` inside the callback of a
 * transaction does not wait for that transaction, and it has migrations run in a transaction, as SQLite allows.
 */
export class LitefleetAdapter extends DialectAdapterBase {
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  override get supportsReturning(): boolean {
    return true;
  }

  override async acquireMigrationLock(): Promise<void> {
    // The migrations run in a transaction that begins by taking the database's write lock, and Kysely reads which of them
    // are pending inside it: a second run waits, then finds nothing to do. A row in the lock table would do no more, and
    // would stay locked for ever after a crash.
  }

  override async releaseMigrationLock(): Promise<void> {
    // The end of the transaction gives the write lock back.
  }
}
