import type { Kysely } from "kysely";
import { LitefleetConnection } from "./connection.ts";

/**
 * Lends the connection that queries of `db` run on: that of the transaction, if it is one.
 *
 * @throws {TypeError} if the instance has another dialect.
 */
export async function withOwnConnection<DB, T>(
  db: Kysely<DB>,
  use: (connection: LitefleetConnection) => Promise<T>,
): Promise<T> {
  return db.getExecutor().provideConnection(async (connection) => {
    if (connection instanceof LitefleetConnection) return use(connection);
    throw new TypeError("Expected a Kysely instance whose dialect is a LitefleetDialect");
  });
}
