import type { InArgs, InStatement, ResultSet, Row } from "@libsql/core/api";
import type { CallOptions, Executor } from "../api.ts";

// A call that is passed on has one of the forms `(sql, args, options)` and `({ sql, args }, options)`; which one tells the first argument.

/** Passes a call of `execute` on. */
export function executeOn(
  executor: Executor,
  stmt: InStatement,
  second: InArgs | CallOptions | undefined,
  third: CallOptions | undefined,
): Promise<ResultSet> {
  if (typeof stmt === "string") return executor.execute(stmt, second as InArgs | undefined, third);
  return executor.execute(stmt, second as CallOptions | undefined);
}

/** Passes a call of `iterate` on. */
export function iterateOn(
  executor: Executor,
  stmt: InStatement,
  second: InArgs | CallOptions | undefined,
  third: CallOptions | undefined,
): AsyncIterableIterator<Row> {
  if (typeof stmt === "string") return executor.iterate(stmt, second as InArgs | undefined, third);
  return executor.iterate(stmt, second as CallOptions | undefined);
}

/** The options of such a call. */
export function optionsOf(
  stmt: InStatement,
  second: InArgs | CallOptions | undefined,
  third: CallOptions | undefined,
): CallOptions | undefined {
  return typeof stmt === "string" ? third : (second as CallOptions | undefined);
}
