import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from "@prisma/driver-adapter-utils";
import { LitefleetAdapter } from "./litefleet-adapter.ts";
import { adapterName } from "./litefleet-queryable.ts";
import { resolveOptions } from "./options.ts";
import type { PrismaLitefleetOptions, ResolvedOptions } from "./options.ts";

/** How long Prisma's users are used to wait for another client's lock, in milliseconds. */
const defaultTimeoutMs = 5000;

/**
 * Prisma's way to a database of the Litefleet driver: in memory, in a file, on a server, or an embedded replica.
 *
 * Given a config, each Prisma client opens a driver client of its own and closes it with `$disconnect()`; unless the config
 * says otherwise, `timeout` is 5,000 ms. Given a `Client`, all share it, and whoever made it closes it.
 *
 * @example
 * const prisma = new PrismaClient({ adapter: new PrismaLitefleet({ url: "file:app.db" }) });
 * @see https://www.prisma.io/docs/orm/overview/databases/database-drivers
 */
export class PrismaLitefleet implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = "sqlite";
  readonly adapterName = adapterName;
  readonly #database: Config | Client;
  readonly #options: ResolvedOptions;
  #latest: LitefleetAdapter | undefined;

  /**
   * @throws {TypeError} if `database` is neither a config nor a client.
   * @throws {RangeError} for an option's value that does not exist.
   */
  constructor(database: Config | Client, options: PrismaLitefleetOptions = {}) {
    checkDatabase(database);
    this.#database = database;
    this.#options = resolveOptions(options);
  }

  /** Called by Prisma before its first query. */
  async connect(): Promise<SqlDriverAdapter> {
    const database = this.#database;
    const isGiven = isClient(database);
    const client = isGiven ? database : createClient({ ...database, timeout: database.timeout ?? defaultTimeoutMs });
    this.#latest = this.newAdapter(client, this.#options, !isGiven);
    return this.#latest;
  }

  /** The driver's client: the one that was given, or the one that was opened last; `undefined` where none is open. */
  get client(): Client | undefined {
    if (isClient(this.#database)) return this.#database;
    return this.#latest?.isDisposed === false ? this.#latest.client : undefined;
  }

  /** What Prisma gets for a connection. */
  protected newAdapter(client: Client, options: ResolvedOptions, ownsClient: boolean): LitefleetAdapter {
    return new LitefleetAdapter(client, options, ownsClient);
  }

  /** An empty database in memory, in which Prisma tries migrations out. Closed with its adapter. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const database = this.#database;
    const engine = isClient(database) ? database.status().engine : database.engine;
    const isLocal = engine === "libsql" || engine === "sqlite" || engine === "turso";
    const client = createClient({ url: ":memory:", engine: isLocal ? engine : undefined });
    return new LitefleetAdapter(client, this.#options, true);
  }
}

function isClient(database: Config | Client): database is Client {
  return "prepare" in database;
}

function checkDatabase(database: unknown): asserts database is Config | Client {
  if (typeof database === "object" && database !== null) {
    if ("prepare" in database && typeof database.prepare === "function") return;
    if ("url" in database && typeof database.url === "string") return;
  }
  throw new TypeError(
    'Expected a config such as { url: "file:app.db" } or a client of createClient() from @litefleet/driver',
  );
}
