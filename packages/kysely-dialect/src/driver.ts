import { createClient } from "@litefleet/driver";
import type { CallOptions, Client } from "@litefleet/driver";
import { SqliteDriver } from "kysely";
import type { DatabaseConnection, TransactionSettings } from "kysely";
import { LitefleetConnection } from "./connection.ts";
import type { LitefleetDialectConfig } from "./dialect-config.ts";
import { LastInsertId } from "./last-insert-id.ts";
import { transactionMode } from "./transaction-mode.ts";

/**
 * Kysely's driver over a client of `@litefleet/driver`. It closes the client only if it opened it.
 *
 * What it inherits are the commands of transactions and savepoints, which Kysely's own driver sends as queries to be logged; the
 * connection turns `begin`, `commit` and `rollback` into calls of the client.
 */
export class LitefleetDriver extends SqliteDriver {
  readonly #config: LitefleetDialectConfig;
  /** Of every call; `undefined` rather than empty, which the client would look at each time. */
  readonly #options: Pick<CallOptions, "intMode"> | undefined;
  readonly #lastInsertId = new LastInsertId();
  #client: Client | undefined;

  constructor(config: LitefleetDialectConfig) {
    super({ database: () => Promise.reject(new TypeError("A LitefleetDriver has no database of its own")) });
    this.#config = config;
    this.#options = config.intMode === undefined ? undefined : { intMode: config.intMode };
  }

  override async init(): Promise<void> {
    this.#client = "client" in this.#config ? this.#config.client : createClient(this.#config);
  }

  override async acquireConnection(): Promise<LitefleetConnection> {
    if (this.#client === undefined) throw new Error("The driver is not initialized");
    return new LitefleetConnection(this.#client, this.#options, this.#lastInsertId);
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings = {}): Promise<void> {
    await own(connection).begin(transactionMode(settings), () => super.beginTransaction(connection));
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).commit(() => super.commitTransaction(connection));
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).rollback(() => super.rollbackTransaction(connection));
  }

  override async releaseConnection(connection?: DatabaseConnection): Promise<void> {
    if (connection !== undefined) own(connection).release();
  }

  override async destroy(): Promise<void> {
    if (!("client" in this.#config)) this.#client?.close();
  }
}

function own(connection: DatabaseConnection): LitefleetConnection {
  if (connection instanceof LitefleetConnection) return connection;
  throw new TypeError("Expected a connection of this driver");
}
