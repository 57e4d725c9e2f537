import type { Replicated } from "@libsql/core/api";
import type {
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  PullResult,
  PushResult,
  RawResult,
  TransactionMode,
} from "../api.ts";
import { DeferredChunks } from "../deferred-chunks.ts";
import type { BoundStatement, Engine, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import type { WriteQueue } from "../local/write-queue.ts";
import { SyncTimer } from "../sync-timer.ts";
import type { Conflict, Resolve } from "./conflict.ts";
import { shownConflict } from "./judge.ts";
import { Outbox } from "./outbox.ts";
import type { KeptConflict } from "./outbox.ts";
import type { Primary } from "./primary.ts";
import { Session } from "./session.ts";

/** What the engine is opened with. */
export interface OfflineEngineOptions {
  readonly path: string;
  readonly url: string;
  readonly primary: Primary;
  readonly queue: WriteQueue;
  readonly timeoutMs: number | undefined;
  readonly statementCacheSize: number;
  readonly maxConnections: number;
  readonly allowRowidKeys: boolean;
  readonly resolve: Resolve | undefined;
  readonly syncIntervalMs: number | undefined;
  readonly events: Emitter;
}

const capabilities: Capabilities = {
  concurrentWrites: "serialized",
  vectorDistance: true,
  vectorIndex: false,
  sync: true,
  offlineWrites: true,
  encryption: false,
  fullTextSearch: false,
  recursiveCte: false,
};

/** The files of this process whose last client has yet to finish closing, by path. */
const closing = new Map<string, Promise<void>>();

/** Who has it open may be a client of this process that is still closing; then it is opened later. */
function openOutbox(path: string): Outbox | undefined {
  try {
    return new Outbox(`${path}-outbox`);
  } catch (error) {
    if (closing.has(path) && error instanceof LitefleetError && error.code === "CONFIG_INVALID") return undefined;
    throw error;
  }
}

/** A local database that is written to at once, and brought together with its primary when that is there. */
export class OfflineEngine implements Engine {
  readonly name = "turso";
  readonly protocol = "file";
  readonly capabilities = capabilities;
  readonly #options: OfflineEngineOptions;
  readonly #timer: SyncTimer | undefined;
  #outbox: Outbox | undefined;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #syncs: Promise<unknown> = Promise.resolve();
  #lastPushAt: number | undefined;
  #lastPullAt: number | undefined;
  #lastError: LitefleetError | undefined;
  #isClosed = false;

  constructor(options: OfflineEngineOptions) {
    this.#options = options;
    this.#outbox = openOutbox(options.path);
    const { syncIntervalMs } = options;
    if (syncIntervalMs !== undefined) this.#timer = new SyncTimer(syncIntervalMs, () => this.#syncByTimer());
    // Who calls learns what went wrong, and tries again.
    void this.#open().catch(() => undefined);
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    const session = this.#session;
    if (session === undefined) return this.#open().then(({ file }) => file.execute(statement, options));
    return session.file.execute(statement, options);
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: CallOptions,
  ): Promise<RawResult[]> {
    return (await this.#open()).file.batch(statements, mode, options);
  }

  async migrate(statements: readonly BoundStatement[], options: CallOptions = {}): Promise<RawResult[]> {
    return (await this.#open()).file.batch(statements, "write", { ...options, foreignKeys: "off" });
  }

  async script(sql: string, options: CallOptions): Promise<void> {
    await (await this.#open()).file.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    return new DeferredChunks(async () => (await this.#open()).file.iterate(statement, options));
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    return (await this.#open()).file.begin(mode, options);
  }

  async sync(): Promise<Replicated> {
    await this.pull();
    await this.push();
    return undefined;
  }

  push(): Promise<PushResult> {
    return this.#inTurn(async (session) => {
      const result = await session.push();
      this.#lastPushAt = Date.now();
      return result;
    });
  }

  pull(): Promise<PullResult> {
    return this.#inTurn(async (session) => {
      const result = await session.pull();
      this.#lastPullAt = Date.now();
      return result;
    });
  }

  async conflicts(): Promise<Conflict[]> {
    await this.#open();
    return this.#openOutbox()
      .conflicts()
      .map((conflict) => this.#show(conflict));
  }

  status(): Omit<ClientStatus, "closed"> {
    const outbox = this.#isClosed ? undefined : this.#outbox;
    const pending = (outbox?.pending ?? 0) + (this.#isClosed ? 0 : (this.#session?.unmoved ?? 0));
    return {
      ...(this.#session?.file.status() ?? { openConnections: 0, queuedWrites: 0 }),
      engine: this.name,
      pending,
      offline: {
        conflicts: outbox?.conflictCount ?? 0,
        lastPushAt: this.#lastPushAt,
        lastPullAt: this.#lastPullAt,
        lastError: this.#lastError,
        isPrimaryReachable: this.#options.primary.isReachable,
      },
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.stop();
    const { path, primary, queue } = this.#options;
    primary.close();
    const session = this.#session;
    const isIdle = session !== undefined && this.#syncsUnderWay === 0;
    // Closed at once where nothing is under way, so that a process that ends now leaves everything in order.
    const ended = isIdle ? this.#shut(session) : this.#syncs.then(() => this.#opening).then((open) => this.#shut(open));
    const done = ended
      .catch(() => this.#shut(undefined))
      .finally(() => {
        if (closing.get(path) === done) closing.delete(path);
      });
    closing.set(path, done);
    void done.finally(() => queue.leave());
  }

  #syncsUnderWay = 0;

  async #shut(session: Session | undefined): Promise<void> {
    const ended = session?.close();
    this.#outbox?.close();
    this.#outbox = undefined;
    await ended;
  }

  #open(): Promise<Session> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    this.#opening ??= this.#start().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #start(): Promise<Session> {
    const { path } = this.#options;
    await closing.get(path);
    this.#checkOpen();
    const outbox = this.#openOutbox();
    const session = await Session.open({
      ...this.#options,
      outbox,
      capabilities,
      onRefused: (conflict) => this.#options.events.emit("rejected", { conflict: this.#show(conflict) }),
    });
    if (!this.#isClosed) this.#session = session;
    return session;
  }

  #openOutbox(): Outbox {
    this.#checkOpen();
    this.#outbox ??= new Outbox(`${this.#options.path}-outbox`);
    return this.#outbox;
  }

  #inTurn<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      this.#syncsUnderWay += 1;
      try {
        this.#checkOpen();
        const result = await work(await this.#open());
        this.#lastError = undefined;
        return result;
      } catch (error) {
        if (error instanceof LitefleetError) this.#lastError = error;
        await this.#dropIfBroken();
        throw error;
      } finally {
        this.#syncsUnderWay -= 1;
      }
    };
    const result = this.#syncs.then(run, run);
    this.#syncs = result.catch(() => undefined);
    return result;
  }

  /** The next call opens the file anew, which brings it in order. */
  async #dropIfBroken(): Promise<void> {
    const session = this.#session;
    if (session?.isBroken !== true) return;
    this.#session = undefined;
    this.#opening = session.close().then(() => this.#start());
    await this.#opening.catch(() => {
      this.#opening = undefined;
    });
  }

  async #syncByTimer(): Promise<void> {
    try {
      await this.sync();
    } catch (error) {
      if (!this.#isClosed && error instanceof LitefleetError) this.#options.events.emit("error", { error });
      throw error;
    }
  }

  #show(conflict: KeptConflict): Conflict {
    return shownConflict(conflict, {
      retry: () => this.#inTurn((session) => session.retry(conflict)),
      discard: async () => {
        this.#openOutbox().removeConflict(conflict.id);
      },
    });
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new LitefleetError("The client is closed", "CLIENT_CLOSED");
  }
}
