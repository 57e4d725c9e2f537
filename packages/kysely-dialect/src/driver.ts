import { createClient } from "@litefleet/driver";
import type { Client } from "@litefleet/driver";
import { createQueryId, IdentifierNode, RawNode } from "kysely";
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from "kysely";
import { LitefleetConnection } from "./connection.ts";
import type { LitefleetDialectConfig } from "./dialect-config.ts";
import { transactionMode } from "./transaction-mode.ts";

type CompileQuery = QueryCompiler["compileQuery"];

/** Kysely's driver over a client of `@litefleet/driver`. It closes the client only if it opened it. */
export class LitefleetDriver implements Driver {
  readonly #config: LitefleetDialectConfig;
  #client: Client | undefined;

  constructor(config: LitefleetDialectConfig) {
    this.#config = config;
  }

  async init(): Promise<void> {
    this.#client = "client" in this.#config ? this.#config.client : createClient(this.#config);
  }

  async acquireConnection(): Promise<LitefleetConnection> {
    if (this.#client === undefined) throw new Error("The driver is not initialized");
    return new LitefleetConnection(this.#client, { intMode: this.#config.intMode });
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await own(connection).begin(transactionMode(settings));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await own(connection).rollback();
  }

  async savepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await runNamed(connection, "savepoint", name, compileQuery);
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await runNamed(connection, "rollback to", name, compileQuery);
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string, compileQuery: CompileQuery): Promise<void> {
    await runNamed(connection, "release", name, compileQuery);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    own(connection).release();
  }

  async destroy(): Promise<void> {
    if (!("client" in this.#config)) this.#client?.close();
  }
}

function own(connection: DatabaseConnection): LitefleetConnection {
  if (connection instanceof LitefleetConnection) return connection;
  throw new TypeError("Expected a connection of this driver");
}

/** The compiler quotes the name. */
async function runNamed(
  connection: DatabaseConnection,
  command: string,
  name: string,
  compileQuery: CompileQuery,
): Promise<void> {
  const node = RawNode.createWithChildren([RawNode.createWithSql(`${command} `), IdentifierNode.create(name)]);
  await connection.executeQuery(compileQuery(node, createQueryId()));
}
