/**
 * The rowid of the last row that was inserted on any connection. SQLite tells of its own connection, also after a statement that inserted
 * nothing; of a connection that has inserted nothing yet it tells 0. Here connections come and go (each request to a server may have
 * one), and Kysely's users know one.
 *
 * @see https://www.sqlite.org/c3ref/last_insert_rowid.html
 */
export class LastInsertId {
  #value: bigint | undefined;

  /** The id to report for a statement whose connection tells `told`. */
  after(told: bigint | undefined): bigint | undefined {
    if (told === undefined) return undefined;
    if (told !== 0n) this.#value = told;
    return this.#value ?? told;
  }
}
