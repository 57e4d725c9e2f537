import type { InArgs, InStatement, Replicated, ResultSet, Row } from "@libsql/core/api";
import type {
  BatchOptions,
  BatchStatement,
  BeginOptions,
  BoundOptions,
  CallOptions,
  Capabilities,
  Client,
  ClientStatus,
  JournalMode,
  PreparedStatement,
  PullResult,
  PushResult,
  Transaction,
  TransactionMode,
  TransactionOptions,
  WaitForOptions,
} from "../api.ts";
import { noPosition } from "../client.ts";
import type { MaybePromise } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { ClientEvents } from "../events.ts";
import type { Conflict } from "../offline/conflict.ts";
import { parseStatement } from "../sql/parse.ts";
import type { FleetTenant } from "./fleet-api.ts";
import { FleetPrepared } from "./fleet-prepared.ts";
import { FleetTransaction } from "./fleet-transaction.ts";
import type { Lease, Patience } from "./open-tenants.ts";
import { executeOn, iterateOn, optionsOf } from "./overloads.ts";

/** What a client of a tenant needs of its fleet. */
export interface TenantAccess {
  /** The tenant's database, opened if it is not. */
  acquire(patience: Patience): MaybePromise<Lease<FleetTenant>>;
  /** Its client if it is open now. */
  peek(): Client | undefined;
  readonly isFleetClosed: boolean;
}

/** A client of a tenant that outlives the opened database: each call leases that for as long as it runs. */
export class FleetClient implements Client {
  readonly #access: TenantAccess;
  readonly #listeners = new Set<(client: Client) => () => void>();
  readonly protocol: Client["protocol"];
  readonly capabilities: Capabilities;
  #lastStatus: ClientStatus;
  #lastPosition: string | undefined;
  #listening: { readonly client: Client; readonly stop: readonly (() => void)[] } | undefined;
  #isClosed = false;

  /** @param client the tenant's client as it is open now. */
  constructor(access: TenantAccess, client: Client) {
    this.#access = access;
    this.protocol = client.protocol;
    this.capabilities = client.capabilities;
    this.#lastStatus = client.status();
  }

  get closed(): boolean {
    return this.#isClosed || this.#access.isFleetClosed;
  }

  execute(stmt: InStatement, second?: InArgs | CallOptions, third?: CallOptions): Promise<ResultSet> {
    return this.use(optionsOf(stmt, second, third), (client) => executeOn(client, stmt, second, third));
  }

  executeMultiple(sql: string, options?: CallOptions): Promise<void> {
    return this.use(options, (client) => client.executeMultiple(sql, options));
  }

  batch(stmts: readonly BatchStatement[], mode?: TransactionMode, options?: BatchOptions): Promise<ResultSet[]> {
    return this.use(options, (client) => client.batch(stmts, mode, options));
  }

  migrate(stmts: readonly InStatement[], options?: CallOptions): Promise<ResultSet[]> {
    return this.use(options, (client) => client.migrate(stmts, options));
  }

  prepare(sql: string): PreparedStatement {
    this.#checkOpen();
    parseStatement(sql);
    return new FleetPrepared(sql, this);
  }

  iterate(stmt: InStatement, second?: InArgs | CallOptions, third?: CallOptions): AsyncIterableIterator<Row> {
    return this.iterateWith(optionsOf(stmt, second, third), (client) => iterateOn(client, stmt, second, third));
  }

  transaction(mode?: TransactionMode, options?: BeginOptions): Promise<Transaction>;
  transaction<T>(callback: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  async transaction<T>(
    modeOrCallback?: TransactionMode | ((tx: Transaction) => Promise<T>),
    options?: BeginOptions & TransactionOptions,
  ): Promise<Transaction | T> {
    if (typeof modeOrCallback === "function") {
      return this.use(options, (client) => client.transaction(modeOrCallback, options));
    }
    const lease = await this.#lease(options);
    try {
      return new FleetTransaction(await lease.client.transaction(modeOrCallback, options), () => this.#giveBack(lease));
    } catch (error) {
      this.#giveBack(lease);
      throw error;
    }
  }

  journalMode(mode?: "mvcc" | "wal"): Promise<JournalMode> {
    return this.use(undefined, (client) => client.journalMode(mode));
  }

  sync(options?: BoundOptions): Promise<Replicated> {
    return this.use(options, (client) => client.sync(options));
  }

  push(options?: BoundOptions): Promise<PushResult> {
    return this.use(options, (client) => client.push(options));
  }

  pull(options?: BoundOptions): Promise<PullResult> {
    return this.use(options, (client) => client.pull(options));
  }

  conflicts(): Promise<Conflict[]> {
    return this.use(undefined, (client) => client.conflicts());
  }

  position(): string | undefined {
    this.#checkOpen();
    if (!this.capabilities.sync) throw noPosition();
    return this.#access.peek()?.position() ?? this.#lastPosition;
  }

  waitFor(position: string, options?: WaitForOptions): Promise<void> {
    return this.use(options, (client) => client.waitFor(position, options));
  }

  status(): ClientStatus {
    const status = this.#access.peek()?.status() ?? { ...this.#lastStatus, openConnections: 0, queuedWrites: 0 };
    return { ...status, closed: this.closed };
  }

  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void {
    const listen = (client: Client): (() => void) => client.on(event, listener);
    this.#listeners.add(listen);
    const client = this.#access.peek();
    if (client !== undefined) this.#listenTo(client, true);
    return () => {
      this.#listeners.delete(listen);
      if (this.#listening !== undefined) this.#listenTo(this.#listening.client, true);
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
  }

  async reconnect(): Promise<void> {
    this.#isClosed = false;
    this.#checkOpen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Runs `work` with the tenant's client; at once if that is open. */
  async use<R>(options: Patience | undefined, work: (client: Client) => Promise<R>): Promise<R> {
    const leasing = this.#lease(options);
    const lease = leasing instanceof Promise ? await leasing : leasing;
    try {
      return await work(lease.client);
    } finally {
      this.#giveBack(lease);
    }
  }

  /** Rows of the tenant's client, which stays open until the last. */
  async *iterateWith<R>(
    options: Patience | undefined,
    open: (client: Client) => AsyncIterableIterator<R>,
  ): AsyncGenerator<R, void, void> {
    const lease = await this.#lease(options);
    try {
      yield* open(lease.client);
    } finally {
      this.#giveBack(lease);
    }
  }

  #lease(options: Patience | undefined): MaybePromise<Lease<FleetTenant>> {
    this.#checkOpen();
    const lease = this.#access.acquire({ signal: options?.signal, timeoutMs: options?.timeoutMs });
    if (this.#listeners.size === 0) return lease;
    if (!(lease instanceof Promise)) return this.#listening?.client === lease.client ? lease : this.#heard(lease);
    return lease.then((opened) => this.#heard(opened));
  }

  #giveBack(lease: Lease<FleetTenant>): void {
    if (this.capabilities.sync && !lease.client.closed) {
      this.#lastPosition = lease.client.position();
      this.#lastStatus = lease.client.status();
    }
    lease.release();
  }

  #heard(lease: Lease<FleetTenant>): Lease<FleetTenant> {
    this.#listenTo(lease.client, false);
    return lease;
  }

  #listenTo(client: Client, anew: boolean): void {
    if (!anew && this.#listening?.client === client) return;
    this.#stopListening();
    this.#listening = { client, stop: [...this.#listeners].map((listen) => listen(client)) };
  }

  #stopListening(): void {
    for (const stop of this.#listening?.stop ?? []) stop();
    this.#listening = undefined;
  }

  #checkOpen(): void {
    // Whether the fleet is closed is told by the lease: what was under way goes on.
    if (this.#isClosed) throw new LitefleetError("The client is closed", "CLIENT_CLOSED");
  }
}
