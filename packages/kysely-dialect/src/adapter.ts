import type { Client } from "@litefleet/driver";
import { DialectAdapterBase } from "kysely";
import type { Kysely, MigrationLockOptions } from "kysely";
import { MigrationLease } from "./migration-lease.ts";
import { withOwnConnection } from "./own-connection.ts";

/** A run of migrations that has its turn. */
interface Held {
  readonly lease: MigrationLease;
  readonly endTurn: () => void;
}

/** The last run of migrations that has asked for its turn, of each client. */
const lastRuns = new WeakMap<Client, Promise<void>>();

/**
 * What Kysely may expect of a database behind Litefleet.
 *
 * Unlike Kysely's own SQLite adapter it allows several connections, so that a query on `db` inside the callback of a
 * transaction does not wait for that transaction, and it has migrations run in a transaction, as SQLite allows. Since others may write
 * meanwhile, the lock of the migrations is a real one: runs of one client take turns, and those of others wait for a lease in the
 * lock table (`is_locked` is 0 when it is free).
 */
export class LitefleetAdapter extends DialectAdapterBase {
  readonly #held = new WeakMap<Kysely<unknown>, Held>();

  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }

  override get supportsReturning(): boolean {
    return true;
  }

  override async acquireMigrationLock(db: Kysely<unknown>, options: MigrationLockOptions): Promise<void> {
    // Whoever migrates inside a transaction of their own has the write lock, and the lease would be part of the transaction.
    if (db.isTransaction) return;
    const connection = await withOwnConnection(db, async (own) => own);
    const endTurn = await takeTurn(connection.client);
    try {
      this.#held.set(db, { lease: await MigrationLease.take(db, connection, options), endTurn });
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    const held = this.#held.get(db);
    this.#held.delete(db);
    await held?.lease.giveBack();
    held?.endTurn();
  }
}

async function takeTurn(client: Client): Promise<() => void> {
  const before = lastRuns.get(client);
  const { promise, resolve } = Promise.withResolvers<void>();
  lastRuns.set(client, promise);
  await before;
  return resolve;
}
