import type { RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { LitefleetBatchError, LitefleetError } from "../errors.ts";
import { malformedAnswer, serverError, transactionClosed } from "./classify.ts";
import { controlStatement } from "./encode-statement.ts";
import type { WireBatchResult, WireCondition, WireRequest, WireResult } from "./protocol.ts";
import { decodeResult } from "./result.ts";

const never: WireCondition = { type: "not", cond: { type: "and", conds: [] } };

/**
 * The result of a batch, or why the server refused it: it reads all statements before it runs any, and refuses the whole
 * batch for one that it cannot read.
 */
export function batchResult(answer: WireResult | undefined): WireBatchResult | LitefleetError {
  if (answer?.type === "error") return serverError(answer.error);
  if (answer?.response.type !== "batch") throw malformedAnswer(undefined);
  return answer.response.result;
}

/** The server has refused a batch, and done nothing of it, because of statement `index` (if that can be told). */
export class RefusedBatch extends Error {
  readonly error: LitefleetError;
  readonly index: number | undefined;

  constructor(error: LitefleetError, index: number | undefined) {
    super(error.message);
    this.error = error;
    this.index = index;
  }

  /** The error for the caller of a batch. */
  toBatchError(): LitefleetError | LitefleetBatchError {
    return this.index === undefined ? this.error : LitefleetBatchError.at(this.index, this.error);
  }
}

/** What a step went wrong with, if it was run and failed. */
export function stepError(result: WireBatchResult, step: number): LitefleetError | undefined {
  const error = result.step_errors[step];
  return error === undefined || error === null ? undefined : serverError(error);
}

/** Whether a step was run and succeeded. */
export function hasRun(result: WireBatchResult, step: number): boolean {
  const answer = result.step_results[step];
  return answer !== undefined && answer !== null;
}

/** What a step gave: its result, its error, or `TRANSACTION_CLOSED` if it was not run. */
export function readStep(result: WireBatchResult, step: number, statement: BoundStatement): RawResult | LitefleetError {
  const answer = result.step_results[step];
  if (answer !== undefined && answer !== null) return decodeResult(answer, statement);
  return stepError(result, step) ?? transactionClosed();
}

/**
 * The results of statements that stand one after the other from step `first` on.
 *
 * @param onError what the caller is to see of a statement's error. Default: as it is.
 * @throws {LitefleetBatchError} of the first that failed, or was not run because the transaction was over.
 */
export function readSteps(
  result: WireBatchResult,
  first: number,
  statements: readonly BoundStatement[],
  onError: (error: LitefleetError) => LitefleetError = (error) => error,
): RawResult[] {
  return statements.map((statement, i) => {
    const read = readStep(result, first + i, statement);
    if (read instanceof LitefleetError) throw LitefleetBatchError.at(i, onError(read));
    return read;
  });
}

/**
 * Which of `sqls` it was that made the server refuse a batch; `undefined` if it cannot be told.
 *
 * @param send sends requests, which here only make the server read a text each, and never run it.
 */
export async function findRefused(
  sqls: readonly string[],
  send: (requests: readonly WireRequest[]) => Promise<readonly WireResult[]>,
): Promise<number | undefined> {
  const texts = [...new Set(sqls)];
  let results: readonly WireResult[];
  try {
    results = await send(texts.map((sql) => parseOnly(sql)));
  } catch {
    return undefined;
  }
  const text = texts[results.findIndex(({ type }) => type === "error")];
  return text === undefined ? undefined : sqls.indexOf(text);
}

/** A request that makes the server read a statement and not run it. */
export function parseOnly(sql: string): WireRequest {
  return { type: "batch", batch: { steps: [{ stmt: controlStatement(sql), condition: never }] } };
}
