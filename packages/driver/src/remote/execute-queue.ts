import type { CallOptions, RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import { CallScope } from "./call-scope.ts";
import { clientClosed, RequestFailure, serverError } from "./classify.ts";
import { encodeStatement } from "./encode-statement.ts";
import { givenUp } from "./given-up.ts";
import type { Limit } from "./limit.ts";
import { sentLane } from "./lanes.ts";
import type { Lane } from "./lanes.ts";
import { describeRequest, readDescription } from "./describe.ts";
import type { WireRequest, WireResult } from "./protocol.ts";
import { decodeResult, replicationIndexOf } from "./result.ts";
import { canRetry, waitBeforeRetry } from "./retry.ts";
import type { StreamSource } from "./stream.ts";

/** Statements in one request at most. */
const maxGroup = 128;

/** How long the server may be at the reads of one request, in milliseconds, before they are spread over several. */
const readTimeMs = 20;

/** What the queue needs of its engine. */
export interface ExecuteQueueHost {
  readonly source: StreamSource;
  readonly limit: Limit;
  /** Called before the statement's promise resolves. */
  readonly onIndex: (index: number | undefined, options: CallOptions) => void;
}

/** A statement that waits or is under way. */
interface Call {
  readonly statement: BoundStatement;
  readonly options: CallOptions;
  readonly scope: CallScope | undefined;
  readonly resolve: (result: RawResult) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
  /** Not to be sent with others: it may be what made a request fail. */
  isAlone: boolean;
  /** The server may have seen it. */
  isSent: boolean;
  isSettled: boolean;
}

/**
 * Sends single statements. Those issued in the same turn of the event loop, and those that wait for their turn under the
 * limit, share a request, in which each still is a transaction of its own: one that fails does not touch the others. Only
 * statements that cannot spoil the request for others are sent together (see {@link sentLane}).
 */
export class ExecuteQueue {
  readonly #host: ExecuteQueueHost;
  readonly #waiting: Readonly<Record<Lane, Call[]>> = { reads: [], writes: [], alone: [] };
  #isFlushPlanned = false;
  #isClosed = false;
  /** What a read costs the server, in milliseconds; a moving average. */
  #readCostMs = 0;

  constructor(host: ExecuteQueueHost) {
    this.#host = host;
  }

  /** Statements that wait to be sent and may write. */
  get waitingWrites(): number {
    return this.#waiting.writes.length + this.#waiting.alone.length;
  }

  push(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      const scope = CallScope.of(options);
      const state = { tries: 0, isAlone: false, isSent: false, isSettled: false };
      const call: Call = { statement, options, scope, resolve, reject, ...state };
      scope?.signal.addEventListener("abort", () => this.#giveUp(call), { once: true });
      this.#enqueue(call);
    });
  }

  /** Rejects what has not been sent. */
  close(): void {
    this.#isClosed = true;
    for (const lane of Object.values(this.#waiting)) {
      for (const call of lane.splice(0)) this.#reject(call, clientClosed());
    }
  }

  #enqueue(call: Call): void {
    if (this.#isClosed) {
      this.#reject(call, clientClosed());
      return;
    }
    this.#waiting[laneOf(call)].push(call);
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    nextTurn(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushPlanned = false;
    for (const lane of ["writes", "reads", "alone"] as const) {
      const requests = Math.ceil(this.#waiting[lane].length / this.#groupSize(lane));
      // What each request takes with it is decided when it is its turn: by then more may wait, or less.
      for (let i = 0; i < requests; i += 1) void this.#host.limit.run(() => this.#sendSome(lane));
    }
  }

  async #sendSome(lane: Lane): Promise<void> {
    const group = this.#waiting[lane].splice(0, this.#groupSize(lane));
    if (group.length > 0) await this.#send(group);
  }

  /** A request is answered as a whole, so slow reads had better not wait for each other. */
  #groupSize(lane: Lane): number {
    if (lane === "alone") return 1;
    if (lane === "writes" || this.#readCostMs === 0) return maxGroup;
    return Math.min(maxGroup, Math.max(1, Math.floor(readTimeMs / this.#readCostMs)));
  }

  async #send(group: readonly Call[]): Promise<void> {
    const stream = this.#host.source.openStream();
    for (const call of group) call.isSent = true;
    const abandoned = abandonedSignal(group);
    try {
      const requests = group.map(({ statement }): WireRequest =>
        statement.describes === undefined
          ? { type: "execute", stmt: encodeStatement(statement) }
          : describeRequest(statement),
      );
      const results = await stream.send(requests, { isLast: true, signal: abandoned });
      group.forEach((call, i) => this.#settle(call, results[i]!));
    } catch (error) {
      for (const call of group) this.#fail(call, error, group.length);
    } finally {
      stream.close();
    }
  }

  #settle(call: Call, result: WireResult): void {
    if (call.isSettled) return;
    if (result.type === "error") {
      this.#reject(call, serverError(result.error));
      return;
    }
    try {
      if (call.statement.describes !== undefined) {
        const description = readDescription(result);
        this.#finish(call);
        call.resolve(description);
        return;
      }
      if (result.response.type !== "execute")
        throw new LitefleetError("The server answered another request", "SERVER_ERROR");
      const answer = result.response.result;
      if (laneOf(call) === "reads") this.#readCostMs += ((answer.query_duration_ms ?? 0) - this.#readCostMs) / 8;
      this.#host.onIndex(replicationIndexOf(answer.replication_index), call.options);
      const decoded = decodeResult(answer, call.statement);
      this.#finish(call);
      call.resolve(decoded);
    } catch (error) {
      this.#reject(call, error);
    }
  }

  #fail(call: Call, error: unknown, groupSize: number): void {
    if (call.isSettled) return;
    if (!(error instanceof RequestFailure)) {
      this.#reject(call, error);
      return;
    }
    const isReadOnly = call.statement.parsed.kind === "read";
    call.isSent = error.effect === "unknown";
    if (groupSize > 1 && error.effect === "unknown" && isReadOnly) {
      // One of them may have been too much for the server; it must not take the others with it again.
      call.isAlone = true;
      this.#enqueue(call);
    } else if (canRetry(error, isReadOnly, call.tries)) {
      void waitBeforeRetry(call.tries, error).then(() => {
        if (!call.isSettled) this.#enqueue(call);
      });
      call.tries += 1;
    } else this.#reject(call, error.toError(isReadOnly));
  }

  /** The caller's signal or time limit has fired. */
  #giveUp(call: Call): void {
    if (call.isSettled || call.scope === undefined) return;
    const lane = this.#waiting[laneOf(call)];
    const at = lane.indexOf(call);
    if (at >= 0) lane.splice(at, 1);
    const failure = givenUp(call.scope.signal, call.isSent ? "unknown" : "none");
    this.#reject(call, failure.toError(call.statement.parsed.kind === "read"));
  }

  #reject(call: Call, error: unknown): void {
    this.#finish(call);
    call.reject(error);
  }

  #finish(call: Call): void {
    call.isSettled = true;
    call.scope?.end();
  }
}

function laneOf(call: Call): Lane {
  return call.isAlone ? "alone" : sentLane(call.statement);
}

/** Fires when all calls of a request have been given up, so that nobody waits for its answer; `undefined` if it cannot. */
function abandonedSignal(group: readonly Call[]): AbortSignal | undefined {
  const signals: AbortSignal[] = [];
  for (const { scope } of group) {
    if (scope === undefined) return undefined;
    signals.push(scope.signal);
  }
  const controller = new AbortController();
  for (const signal of signals) {
    const onAbort = (): void => {
      if (signals.every(({ aborted }) => aborted)) controller.abort(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  }
  return controller.signal;
}

/** Runs `work` after all that is due in this turn of the event loop, network answers that have arrived included. */
function nextTurn(work: () => void): void {
  if (typeof setImmediate === "function") setImmediate(work);
  else setTimeout(work, 0);
}
