import type { Client } from "@litefleet/driver";
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from "@prisma/driver-adapter-utils";
import { LitefleetAdapter } from "../litefleet-adapter.ts";
import type { PrismaLitefleetOptions, ResolvedOptions } from "../options.ts";
import { PrismaLitefleet } from "../prisma-litefleet.ts";

/** Who is told what a Prisma client does with its adapter. */
export interface AdapterObserver {
  connected(): void;
  /** A query begins, or a transaction. */
  entered(): void;
  /** It has ended. */
  left(): void;
}

/** The adapter of a tenant's client: it tells when it is in use. The driver's client stays open. */
export class CountedPrismaLitefleet extends PrismaLitefleet {
  readonly #observer: AdapterObserver;

  constructor(client: Client, options: PrismaLitefleetOptions, observer: AdapterObserver) {
    super(client, options);
    this.#observer = observer;
  }

  override async connect(): Promise<SqlDriverAdapter> {
    const adapter = await super.connect();
    this.#observer.connected();
    return adapter;
  }

  protected override newAdapter(client: Client, options: ResolvedOptions, ownsClient: boolean): LitefleetAdapter {
    return new CountedAdapter(client, options, ownsClient, this.#observer);
  }
}

class CountedAdapter extends LitefleetAdapter {
  readonly #observer: AdapterObserver;

  constructor(client: Client, options: ResolvedOptions, ownsClient: boolean, observer: AdapterObserver) {
    super(client, options, ownsClient);
    this.#observer = observer;
  }

  override queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#counted(() => super.queryRaw(query));
  }

  override executeRaw(query: SqlQuery): Promise<number> {
    return this.#counted(() => super.executeRaw(query));
  }

  override executeScript(script: string): Promise<void> {
    return this.#counted(() => super.executeScript(script));
  }

  override async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    const transaction = await super.startTransaction(isolationLevel, () => this.#observer.left());
    this.#observer.entered();
    return transaction;
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#observer.entered();
    try {
      return await work();
    } finally {
      this.#observer.left();
    }
  }
}
