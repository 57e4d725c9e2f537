import type { RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { malformedAnswer, serverError } from "./classify.ts";
import type { WireRequest, WireResult } from "./protocol.ts";
import { columnNames } from "./result.ts";

/** A request for the columns of a statement. */
export function describeRequest({ sql }: BoundStatement): WireRequest {
  return { type: "describe", sql: sql.toWellFormed() };
}

/** The answer to it, as a result without rows. @throws {LitefleetError} what the server said of the statement. */
export function readDescription(answer: WireResult | undefined): RawResult {
  if (answer?.type === "error") throw serverError(answer.error);
  if (answer?.response.type !== "describe") throw malformedAnswer(undefined).error;
  const { cols } = answer.response.result;
  return {
    columns: columnNames(cols),
    columnTypes: cols.map(({ decltype }) => decltype ?? ""),
    rows: [],
    rowsAffected: 0,
    lastInsertRowid: undefined,
  };
}
