import type { BeginOptions, BoundOptions, CallOptions, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { BatchPlan, inTransaction } from "./batch-plan.ts";
import { batchResult, findRefused, parseOnly, RefusedBatch, stepError } from "./batch-result.ts";
import { CallScope } from "./call-scope.ts";
import { endsTransaction, RequestFailure, transactionClosed } from "./classify.ts";
import { controlStatement } from "./encode-statement.ts";
import { describeRequest, readDescription } from "./describe.ts";
import type { WireBatchResult, WireRequest, WireResult } from "./protocol.ts";
import { replicationIndexOf } from "./result.ts";
import { canRetry, waitBeforeRetry } from "./retry.ts";
import type { HranaCursor, HranaStream } from "./stream.ts";

/** What a transaction needs of its engine. */
export interface TransactionHost {
  readonly openStream: () => HranaStream;
  readonly onIndex: (index: number | undefined) => void;
  /** When the transaction has ended, whoever ended it. */
  readonly onEnd: () => void;
}

/** The result of a batch, and which step the first statement was. */
export interface RunResult {
  readonly result: WireBatchResult;
  readonly first: number;
}

/**
 * The stream of a transaction: sends BEGIN with the first statement, and every statement on the condition that the
 * transaction is still open, because sqld, when it has taken the lock from a transaction, runs what comes next on its own.
 * A stream that is lost ends the transaction, which the server then rolls back.
 */
export class TransactionStream {
  readonly #host: TransactionHost;
  readonly #mode: TransactionMode;
  readonly #options: BeginOptions;
  #stream: HranaStream | undefined;
  #hasBegun = false;
  #isEnded = false;
  /** Why it ended, if the caller did not end it. */
  #lostBecause: LitefleetError | undefined;

  constructor(host: TransactionHost, mode: TransactionMode, options: BeginOptions) {
    this.#host = host;
    this.#mode = mode;
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Runs statements in order, up to the first that fails, in one round trip. */
  async run(statements: readonly BoundStatement[], options: CallOptions): Promise<RunResult> {
    const plan = this.#plan();
    const first = plan.length;
    plan.addChain(statements, inTransaction);
    const mayEnd = statements.some(({ parsed }) => parsed.kind === "transaction");
    const mayCommit = statements.some(({ parsed }) => parsed.keyword === "COMMIT" || parsed.keyword === "END");
    const requests = plan.requests();
    if (mayEnd) requests.push({ type: "get_autocommit" });
    const results = await this.#send(requests, options, mayCommit);
    const result = this.#read(results[0]);
    if (result instanceof LitefleetError) throw await this.#refusal(result, statements);
    this.#noteBegun(result);
    this.#host.onIndex(replicationIndexOf(result.replication_index));
    if (mayEnd && isAutocommit(results[1])) this.end();
    return { result, first };
  }

  /** Asks for the columns of a statement. */
  async describe(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    const begin = this.#plan();
    const requests = begin.length > 0 ? begin.requests() : [];
    const results = await this.#send([...requests, describeRequest(statement)], options, false);
    if (begin.length > 0) this.#begun(results[0]);
    return readDescription(results.at(-1));
  }

  /**
   * Opens a cursor on one statement. Over HTTP the server drops the stream if a cursor's SQL does not parse, so the text (and
   * BEGIN) goes ahead in a round trip of its own.
   */
  async openCursor(statement: BoundStatement, signal: AbortSignal | undefined): Promise<HranaCursor> {
    const begin = this.#plan();
    const isFirst = begin.length > 0;
    const requests = isFirst ? begin.requests() : [];
    const results = await this.#send([...requests, parseOnly(statement.sql)], { signal }, false);
    if (isFirst) this.#begun(results[0]);
    const read = this.#read(results.at(-1));
    if (read instanceof LitefleetError) throw read;
    const plan = new BatchPlan();
    plan.addChain([statement], inTransaction);
    this.#stream ??= this.#host.openStream();
    return this.#stream.openCursor(plan.batch(), { signal });
  }

  /** Runs COMMIT or ROLLBACK if the transaction is open on the server, and closes the stream, in one round trip. */
  async finish(sql: "COMMIT" | "ROLLBACK", options: BoundOptions = {}): Promise<WireBatchResult> {
    const plan = new BatchPlan();
    plan.add(controlStatement(sql), inTransaction);
    try {
      const results = await this.#send(plan.requests(), options, sql === "COMMIT", true);
      const result = this.#read(results[0]);
      if (result instanceof LitefleetError) throw result;
      this.#host.onIndex(replicationIndexOf(result.replication_index));
      return result;
    } finally {
      this.end();
    }
  }

  /** Closes the stream, which rolls back what is not committed. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stream?.close();
    this.#host.onEnd();
  }

  /** The error of a statement, for the caller; ends the transaction if the server has. */
  failed(error: LitefleetError): LitefleetError {
    if (endsTransaction(error)) {
      this.#lostBecause = error;
      this.end();
      return transactionClosed(error);
    }
    if (error.code === "TRANSACTION_CLOSED") this.end();
    return error;
  }

  /** The error for the caller when a request failed; ends the transaction unless the server has not seen the request. */
  lost(failure: RequestFailure, mayCommit = false): LitefleetError {
    const { error } = failure;
    const isGivenUp = error.code === "ABORTED" || error.code === "TIMEOUT";
    if (isGivenUp && failure.keepsStream) return error;
    // Without a COMMIT under way the server rolls back, so the outcome is known: nothing of the transaction stays.
    const shown = mayCommit ? failure.toError(false) : error;
    this.#lostBecause = shown;
    this.end();
    return endsTransaction(error) ? transactionClosed(error) : shown;
  }

  /** @throws {LitefleetError} `TRANSACTION_CLOSED` */
  checkOpen(): void {
    if (this.#isEnded) throw transactionClosed(this.#lostBecause);
  }

  async #send(
    requests: readonly WireRequest[],
    options: CallOptions,
    mayCommit: boolean,
    isLast = false,
  ): Promise<readonly WireResult[]> {
    const scope = CallScope.of(this.#hasBegun ? options : { ...this.#options, ...options });
    const signal = scope?.signal;
    try {
      for (let tries = 0; ; tries += 1) {
        this.#stream ??= this.#host.openStream();
        let failure: RequestFailure;
        try {
          return await this.#stream.send(requests, { signal, isLast });
        } catch (error) {
          if (!(error instanceof RequestFailure)) throw error;
          // A stream that is lost has taken the transaction with it, so that there is nothing to go on with.
          const isUntouched = error.keepsStream || (!this.#hasBegun && error.effect === "none");
          if (!isUntouched || !canRetry(error, false, tries)) throw this.lost(error, mayCommit);
          if (!this.#hasBegun) this.#dropStream();
          failure = error;
        }
        await waitBeforeRetry(tries, failure, signal);
      }
    } finally {
      scope?.end();
    }
  }

  #plan(): BatchPlan {
    const plan = new BatchPlan();
    if (!this.#hasBegun) plan.addBegin(this.#mode, this.#options.foreignKeys);
    return plan;
  }

  #read(answer: WireResult | undefined): WireBatchResult | LitefleetError {
    try {
      return batchResult(answer);
    } catch (error) {
      throw error instanceof RequestFailure ? this.lost(error) : error;
    }
  }

  #begun(answer: WireResult | undefined): void {
    const begun = this.#read(answer);
    if (begun instanceof LitefleetError) throw begun;
    this.#noteBegun(begun);
  }

  /** @throws {LitefleetError} if BEGIN failed; the transaction is then over. */
  #noteBegun(result: WireBatchResult): void {
    if (this.#hasBegun) return;
    for (let step = 0; step < this.#plan().length; step += 1) {
      const error = stepError(result, step);
      if (error === undefined) continue;
      this.#lostBecause = error;
      this.end();
      throw error;
    }
    this.#hasBegun = true;
  }

  async #refusal(error: LitefleetError, statements: readonly BoundStatement[]): Promise<RefusedBatch> {
    if (statements.length === 1) return new RefusedBatch(error, 0);
    const sqls = statements.map(({ sql }) => sql);
    return new RefusedBatch(error, await findRefused(sqls, (requests) => this.#send(requests, {}, false)));
  }

  #dropStream(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }
}

function isAutocommit(answer: WireResult | undefined): boolean {
  return answer?.type === "ok" && answer.response.type === "get_autocommit" && answer.response.is_autocommit;
}
