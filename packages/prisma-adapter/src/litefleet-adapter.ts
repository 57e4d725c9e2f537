import type { Client, TransactionMode } from "@litefleet/driver";
import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import type { ConnectionInfo, IsolationLevel, SqlDriverAdapter, Transaction } from "@prisma/driver-adapter-utils";
import { LitefleetQueryable } from "./litefleet-queryable.ts";
import { LitefleetTransaction } from "./litefleet-transaction.ts";
import type { ResolvedOptions } from "./options.ts";

/** The most parameters of one statement: SQLite's limit. Prisma splits longer lists; unless told, at 999. */
const maxBindValues = 32_766;

/** Turso Database has no limit of its own. What is longer than this is still split, for a statement is compiled on the calling thread. */
const maxBindValuesOfTurso = 250_000;

/** One connected Prisma client: its queries, and the transactions it starts. */
export class LitefleetAdapter extends LitefleetQueryable implements SqlDriverAdapter {
  /** The driver's client. */
  readonly client: Client;
  readonly #options: ResolvedOptions;
  readonly #ownsClient: boolean;
  #isDisposed = false;

  /** @param ownsClient whether `dispose()` closes the client. */
  constructor(client: Client, options: ResolvedOptions, ownsClient: boolean) {
    super(options);
    this.client = client;
    this.#options = options;
    this.#ownsClient = ownsClient;
  }

  protected override executor(): Client {
    return this.client;
  }

  /** Runs all statements of a script in order, not as one transaction. */
  async executeScript(script: string): Promise<void> {
    try {
      await this.client.executeMultiple(script);
    } catch (error) {
      throw this.translate(error);
    }
  }

  /**
   * Starts a transaction; it begins with its first statement. Any number may be open at once.
   *
   * @param onEnd is called when Prisma ends it.
   * @throws {DriverAdapterError} `InvalidIsolationLevel` for a level other than `SERIALIZABLE` and `SNAPSHOT`.
   */
  async startTransaction(isolationLevel?: IsolationLevel, onEnd?: () => void): Promise<Transaction> {
    return new LitefleetTransaction(this.client, this.#modeFor(isolationLevel), this.#options, onEnd);
  }

  getConnectionInfo(): ConnectionInfo {
    const isTurso = this.client.status().engine === "turso";
    return { maxBindValues: isTurso ? maxBindValuesOfTurso : maxBindValues, supportsRelationJoins: false };
  }

  /** Whether Prisma has disconnected from it. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    if (this.#ownsClient) this.client.close();
  }

  #modeFor(isolationLevel: IsolationLevel | undefined): TransactionMode {
    const { mode } = this.#options;
    switch (isolationLevel) {
      case undefined:
        return mode;
      case "SERIALIZABLE":
        // Every other mode of SQLite is serializable; concurrent writers see a snapshot each.
        return mode === "concurrent" ? "write" : mode;
      case "SNAPSHOT":
        return "concurrent";
      default:
        throw new DriverAdapterError({ kind: "InvalidIsolationLevel", level: isolationLevel });
    }
  }
}
