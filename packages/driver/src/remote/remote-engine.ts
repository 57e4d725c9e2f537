import type { Replicated } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  RawResult,
  TransactionMode,
} from "../api.ts";
import type { BoundStatement, Engine, RowChunks } from "../engine.ts";
import { unsupported } from "../errors.ts";
import { parseStatement } from "../sql/parse.ts";
import { BatchPlan } from "./batch-plan.ts";
import { BatchRunner } from "./batch-runner.ts";
import { clientClosed, RequestFailure } from "./classify.ts";
import type { OpenedCursor } from "./cursor-rows.ts";
import { ExecuteQueue } from "./execute-queue.ts";
import { Limit } from "./limit.ts";
import { RemoteChunks } from "./remote-chunks.ts";
import { RemoteTransaction } from "./remote-transaction.ts";
import { withRetries } from "./retry.ts";
import type { HranaStream, StreamSource } from "./stream.ts";
import { TransactionStream } from "./transaction-stream.ts";
import { explainUnique } from "./unique-error.ts";

const capabilities: Capabilities = {
  concurrentWrites: "serialized",
  vectorDistance: true,
  vectorIndex: true,
  sync: false,
  offlineWrites: false,
  encryption: false,
  fullTextSearch: true,
  recursiveCte: true,
};

/** How long it may take to find out more about an error, in milliseconds. */
const lookupTimeMs = 2_000;

/** What a remote engine is made of. */
export interface RemoteEngineOptions {
  readonly protocol: "http" | "ws";
  readonly source: StreamSource;
  /** Requests under way at once, those of transactions not counted; 0 for no limit. */
  readonly concurrency: number;
}

/** Options of a call, with what a replica wants to know of it. */
export interface RemoteCallOptions extends CallOptions {
  /**
   * Called before the call's promise resolves, with the number of the last frame in the server's log. Given to `begin`, it is
   * called with each call on the transaction, last of all by `commit()`.
   */
  readonly onReplicationIndex?: (index: number) => void;
}

/**
 * A libSQL server. Each call is one round trip: single statements of one turn of the event loop share a request, a batch is
 * one, and so is each call on a transaction. A call that is given up while its write is under way ends in `OUTCOME_UNKNOWN`.
 */
export class RemoteEngine implements Engine {
  readonly name = "remote";
  readonly protocol: "http" | "ws";
  readonly capabilities = capabilities;
  readonly #source: StreamSource;
  readonly #limit: Limit;
  readonly #queue: ExecuteQueue;
  readonly #batches: BatchRunner<RemoteCallOptions>;
  readonly #transactions = new Set<RemoteTransaction>();
  readonly #iterations = new Set<RemoteChunks>();
  #lastReplicationIndex: number | undefined;
  #isClosed = false;

  constructor(options: RemoteEngineOptions) {
    this.protocol = options.protocol;
    this.#source = options.source;
    this.#limit = new Limit(options.concurrency);
    const onIndex = (index: number | undefined, callOptions: RemoteCallOptions): void =>
      this.#noteIndex(index, callOptions);
    this.#queue = new ExecuteQueue({ source: this.#source, limit: this.#limit, onIndex });
    this.#batches = new BatchRunner({ onStream: (...args) => this.#onStream(...args), onIndex });
  }

  /** The highest number of a frame in the server's log that an answer has told; it is here before the answer resolves. */
  get lastReplicationIndex(): number | undefined {
    return this.#lastReplicationIndex;
  }

  execute(statement: BoundStatement, options: RemoteCallOptions): Promise<RawResult> {
    const result = this.#queue.push(statement, options);
    return statement.parsed.kind === "write" ? this.#explained(result) : result;
  }

  batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BatchOptions & RemoteCallOptions,
  ): Promise<RawResult[]> {
    return this.#explained(this.#batches.atomic(statements, mode, options.foreignKeys, options));
  }

  migrate(statements: readonly BoundStatement[], options: RemoteCallOptions = {}): Promise<RawResult[]> {
    return this.#explained(this.#batches.atomic(statements, "deferred", "off", options));
  }

  script(sql: string, options: RemoteCallOptions): Promise<void> {
    return this.#explained(this.#batches.script(sql, options));
  }

  iterate(statement: BoundStatement, options: RemoteCallOptions): RowChunks {
    const isReadOnly = statement.parsed.kind === "read";
    const host = {
      open: (signal: AbortSignal | undefined) => this.#openCursor(chunks, statement, options, signal),
      toError: (error: unknown) => (error instanceof RequestFailure ? error.toError(isReadOnly) : this.#explain(error)),
    };
    const chunks = new RemoteChunks(host, statement, options);
    return chunks;
  }

  /** Sends nothing: BEGIN travels with the first statement, to which `timeoutMs` and `signal` then apply. */
  begin(mode: TransactionMode, options: BeginOptions & RemoteCallOptions): Promise<RemoteTransaction> {
    if (this.#isClosed) return Promise.reject(clientClosed());
    const onIndex = (index: number | undefined): void => this.#noteIndex(index, options);
    const onEnd = (): void => void this.#transactions.delete(transaction);
    const stream = new TransactionStream(
      { openStream: () => this.#source.openStream(), onIndex, onEnd },
      mode,
      options,
    );
    const transaction = new RemoteTransaction(stream, onIndex, (error) => this.#explain(error));
    this.#transactions.add(transaction);
    return Promise.resolve(transaction);
  }

  sync(): Promise<Replicated> {
    return Promise.reject(
      unsupported("sync()", "Open an embedded replica with `syncUrl` to have a primary to sync with."),
    );
  }

  status(): Omit<ClientStatus, "closed"> {
    return { engine: this.name, openConnections: this.#source.openStreams, queuedWrites: this.#queue.waitingWrites };
  }

  /** What was not sent is refused, and what was is not waited for: a write among it is `OUTCOME_UNKNOWN`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#queue.close();
    for (const transaction of this.#transactions) transaction.close();
    for (const chunks of this.#iterations) chunks.fail(clientClosed());
    this.#source.close();
  }

  #onStream<T>(
    work: (stream: HranaStream) => Promise<T>,
    isReadOnly: boolean,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const attempt = async (): Promise<T> => {
      if (this.#isClosed) throw clientClosed();
      const stream = this.#source.openStream();
      try {
        return await work(stream);
      } finally {
        stream.close();
      }
    };
    return this.#limit.run(() => withRetries(attempt, isReadOnly, signal), signal);
  }

  async #openCursor(
    chunks: RemoteChunks,
    statement: BoundStatement,
    options: RemoteCallOptions,
    signal: AbortSignal | undefined,
  ): Promise<OpenedCursor> {
    const plan = new BatchPlan();
    plan.addChain([statement]);
    const attempt = async (): Promise<OpenedCursor> => {
      if (this.#isClosed) throw clientClosed();
      const stream = this.#source.openStream();
      const onEnd = (): void => {
        this.#iterations.delete(chunks);
        stream.close();
      };
      try {
        const cursor = await stream.openCursor(plan.batch(), { signal });
        this.#iterations.add(chunks);
        return { cursor, step: 0, onEnd, onIndex: (index) => this.#noteIndex(index, options) };
      } catch (error) {
        onEnd();
        throw error;
      }
    };
    return this.#limit.run(() => withRetries(attempt, statement.parsed.kind === "read", signal), signal);
  }

  async #explained<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  #explain(error: unknown): Promise<unknown> {
    return explainUnique(error, (sql, args) =>
      this.#queue.push({ sql, parsed: parseStatement(sql), args, intMode: "number" }, { timeoutMs: lookupTimeMs }),
    );
  }

  #noteIndex(index: number | undefined, options: RemoteCallOptions): void {
    if (index === undefined) return;
    if (this.#lastReplicationIndex === undefined || index > this.#lastReplicationIndex)
      this.#lastReplicationIndex = index;
    options.onReplicationIndex?.(index);
  }
}
