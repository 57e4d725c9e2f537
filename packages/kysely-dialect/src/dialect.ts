import { SqliteQueryCompiler } from "kysely";
import type { DatabaseIntrospector, Dialect, DialectAdapter, Driver, Kysely, QueryCompiler } from "kysely";
import { LitefleetAdapter } from "./adapter.ts";
import { checkConfig } from "./dialect-config.ts";
import type { LitefleetDialectConfig } from "./dialect-config.ts";
import { LitefleetDriver } from "./driver.ts";
import { LitefleetIntrospector } from "./introspector.ts";

/**
 * A Kysely dialect for every database that `@litefleet/driver` opens: libSQL, Turso Database and `node:sqlite`, in memory, in
 * a file, on a server or as an embedded replica.
 *
 * Given a configuration, the first query opens a client and `db.destroy()` closes it. Given `{ client }`, that client stays
 * open: it belongs to the caller.
 *
 * Transactions begin with the write lock (`BEGIN IMMEDIATE`); `setAccessMode("read only")` begins one that only reads,
 * `setIsolationLevel("snapshot")` one that may run beside other writers and may end in `CONFLICT` (see {@link concurrent}).
 *
 * @throws {TypeError} if the argument is neither a configuration nor `{ client }`.
 * @example
 * const db = new Kysely<Database>({ dialect: new LitefleetDialect({ url: "file:app.db" }) });
 * const ada = await db.selectFrom("person").selectAll().where("name", "=", "Ada").executeTakeFirst();
 */
export class LitefleetDialect implements Dialect {
  readonly #config: LitefleetDialectConfig;

  constructor(config: LitefleetDialectConfig) {
    checkConfig(config);
    this.#config = { ...config };
  }

  createDriver(): Driver {
    return new LitefleetDriver(this.#config);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new LitefleetAdapter();
  }

  createIntrospector<DB>(db: Kysely<DB>): DatabaseIntrospector {
    return new LitefleetIntrospector(db);
  }
}
