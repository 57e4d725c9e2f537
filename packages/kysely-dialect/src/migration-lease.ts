import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "@litefleet/driver";
import { sql } from "kysely";
import type { Kysely, MigrationLockOptions, RawBuilder } from "kysely";
import type { LitefleetConnection } from "./connection.ts";
import { checkParameters } from "./parameters.ts";

/** How long a lease holds that nobody renews, in seconds: so long others wait after a crash. */
const leaseSeconds = 60;

/** How often it is renewed, in milliseconds. */
const renewEveryMs = 15_000;

/** A lease in the column `is_locked` is its end in seconds since 1970 times this, plus a number that is its holder's. */
const places = 1_000_000;

/**
 * The row of Kysely's lock table as a lease: it tells until when it is held, by the clock of the database, and the holder prolongs it.
 * So a run that dies keeps others waiting for a minute and not for ever.
 */
export class MigrationLease {
  readonly #client: Client;
  readonly #connection: LitefleetConnection;
  readonly #db: Kysely<unknown>;
  readonly #options: MigrationLockOptions;
  readonly #holder = randomInt(1, places);
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;

  private constructor(db: Kysely<unknown>, connection: LitefleetConnection, options: MigrationLockOptions) {
    this.#client = connection.client;
    this.#connection = connection;
    this.#db = db;
    this.#options = options;
  }

  /** Waits until nobody else holds the lease, and takes it. */
  static async take(
    db: Kysely<unknown>,
    connection: LitefleetConnection,
    options: MigrationLockOptions,
  ): Promise<MigrationLease> {
    const lease = new MigrationLease(db, connection, options);
    while (!(await lease.#tryTake())) await wait(randomInt(20, 60));
    lease.#timer = setInterval(() => void lease.#renew(), renewEveryMs).unref();
    return lease;
  }

  /** Gives it back. Never rejects: a lease that cannot be given back ends by itself. */
  async giveBack(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#run(sql`update ${this.#table} set is_locked = 0 where ${this.#isOurs}`);
    } catch {
      // The migrations are done, or their error is what the caller must hear of.
    }
  }

  async #tryTake(): Promise<boolean> {
    const { lockRowId } = this.#options;
    // Looking first keeps nobody from writing: a server takes the write lock from a transaction when another writer waits.
    const [row] = await this.#run(
      sql`select is_locked < unixepoch() * ${sql.lit(places)} from ${this.#table} where id = ${lockRowId}`,
    );
    if (row === undefined) throw new Error(`The row ${JSON.stringify(lockRowId)} of the migration lock table is gone`);
    if (Number(row[0]) === 0) return false;
    const taken = await this.#run(
      sql`update ${this.#table} set is_locked = ${this.#end}
        where id = ${lockRowId} and is_locked < unixepoch() * ${sql.lit(places)} returning id`,
    );
    return taken.length > 0;
  }

  /** Inside a transaction the write lock keeps others out, and a renewal would wait for it. */
  async #renew(): Promise<void> {
    if (this.#isRenewing || this.#connection.isInTransaction) return;
    this.#isRenewing = true;
    try {
      await this.#run(sql`update ${this.#table} set is_locked = ${this.#end} where ${this.#isOurs}`);
    } catch {
      // The next renewal comes before the lease has ended.
    } finally {
      this.#isRenewing = false;
    }
  }

  get #table(): RawBuilder<unknown> {
    return sql.table(this.#options.lockTable);
  }

  get #end(): RawBuilder<unknown> {
    return sql`(unixepoch() + ${sql.lit(leaseSeconds)}) * ${sql.lit(places)} + ${sql.lit(this.#holder)}`;
  }

  get #isOurs(): RawBuilder<unknown> {
    return sql`id = ${this.#options.lockRowId} and is_locked % ${sql.lit(places)} = ${sql.lit(this.#holder)}`;
  }

  /** On the client itself: the connection of the migrations may be in a transaction. */
  async #run(query: RawBuilder<unknown>): Promise<unknown[][]> {
    const { sql: text, parameters } = query.compile(this.#db);
    checkParameters(parameters);
    return this.#client.prepare(text).values(parameters);
  }
}
