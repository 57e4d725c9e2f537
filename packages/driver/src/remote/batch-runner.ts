import type { CallOptions, ForeignKeys, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { BatchPlan, inTransaction } from "./batch-plan.ts";
import { batchResult, findRefused, hasRun, readSteps, RefusedBatch, stepError } from "./batch-result.ts";
import { CallScope } from "./call-scope.ts";
import { RequestFailure } from "./classify.ts";
import { controlStatement } from "./encode-statement.ts";
import type { WireBatchResult, WireRequest, WireResult } from "./protocol.ts";
import { replicationIndexOf } from "./result.ts";
import { runScript } from "./script.ts";
import type { HranaStream } from "./stream.ts";

/** What running batches takes. */
export interface BatchRunnerHost<O extends CallOptions> {
  /**
   * Does `work` on a stream of its own, in its turn and again where that is allowed, and rejects with what the caller is to
   * see.
   */
  readonly onStream: <T>(
    work: (stream: HranaStream) => Promise<T>,
    isReadOnly: boolean,
    signal: AbortSignal | undefined,
  ) => Promise<T>;
  /** Called before the call's promise resolves. */
  readonly onIndex: (index: number | undefined, options: O) => void;
}

/** Runs many statements in one round trip. */
export class BatchRunner<O extends CallOptions> {
  readonly #host: BatchRunnerHost<O>;

  constructor(host: BatchRunnerHost<O>) {
    this.#host = host;
  }

  /** All in one transaction, or none; with foreign keys off during it if asked. */
  async atomic(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    foreignKeys: ForeignKeys | undefined,
    options: O,
  ): Promise<RawResult[]> {
    if (statements.length === 0) return [];
    const empty = new BatchPlan();
    empty.addBegin(mode, foreignKeys);
    const first = empty.length;
    const commit = first + statements.length;
    let result: WireBatchResult;
    try {
      result = await this.#run(statements, options, (maxStoredTexts) => {
        const plan = new BatchPlan(maxStoredTexts);
        plan.addBegin(mode, foreignKeys);
        plan.addChain(statements, inTransaction);
        plan.add(controlStatement("COMMIT"), plan.afterLast(), inTransaction);
        plan.add(controlStatement("ROLLBACK"), inTransaction);
        if (foreignKeys === "off") plan.add(controlStatement("PRAGMA foreign_keys = ON"));
        return plan;
      });
    } catch (error) {
      throw error instanceof RefusedBatch ? error.toBatchError() : error;
    }
    for (let step = 0; step < first; step += 1) throwIfAny(stepError(result, step));
    const results = readSteps(result, first, statements);
    throwIfAny(stepError(result, commit));
    return results;
  }

  /** Each in a transaction of its own, unless the script begins one; up to the first that fails. */
  script(sql: string, options: O): Promise<void> {
    return runScript(sql, async (statements) => {
      const result = await this.#run(statements, options, () => {
        const plan = new BatchPlan();
        plan.addChain(statements);
        return plan;
      });
      const failed = statements.findIndex((_, step) => !hasRun(result, step));
      if (failed >= 0) throwIfAny(stepError(result, failed));
    });
  }

  /** @throws {RefusedBatch} if the server could not read a statement. */
  async #run(
    statements: readonly BoundStatement[],
    options: O,
    toPlan: (maxStoredTexts: number) => BatchPlan,
  ): Promise<WireBatchResult> {
    const scope = CallScope.of(options);
    const signal = scope?.signal;
    const isReadOnly = statements.every(({ parsed }) => parsed.kind === "read");
    const send = (stream: HranaStream, requests: readonly WireRequest[]): Promise<readonly WireResult[]> =>
      stream.send(requests, { signal, isLast: true });
    try {
      const results = await this.#host.onStream(
        (stream) => send(stream, toPlan(stream.maxStoredTexts).requests()),
        isReadOnly,
        signal,
      );
      const result = batchResult(results.at(-1));
      if (result instanceof Error) {
        const sqls = statements.map(({ sql }) => sql);
        const sendAgain = (requests: readonly WireRequest[]): Promise<readonly WireResult[]> =>
          this.#host.onStream((stream) => send(stream, requests), true, signal);
        throw new RefusedBatch(result, sqls.length === 1 ? 0 : await findRefused(sqls, sendAgain));
      }
      this.#host.onIndex(replicationIndexOf(result.replication_index), options);
      return result;
    } catch (error) {
      throw error instanceof RequestFailure ? error.toError(isReadOnly) : error;
    } finally {
      scope?.end();
    }
  }
}

function throwIfAny(error: Error | undefined): void {
  if (error !== undefined) throw error;
}
