/*
 * The messages of Hrana 3 in its JSON encoding, as far as we use them. JSON, because it is the encoding in which sqld
 * tells the replication index and which `JSON.parse` reads at native speed; version 3, because only its batches can ask
 * whether a transaction is still open.
 */

/** The value of a column or an argument. sqld writes an infinite float as `null`. */
export type WireValue =
  | { readonly type: "null" }
  | { readonly type: "integer"; readonly value: string }
  | { readonly type: "float"; readonly value: number | null }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "blob"; readonly base64: string };

/** A statement with either its text or the number under which the stream has stored it. */
export interface WireStatement {
  readonly sql?: string;
  readonly sql_id?: number;
  readonly args?: readonly WireValue[];
  readonly named_args?: readonly { readonly name: string; readonly value: WireValue }[];
  readonly want_rows: boolean;
}

/** When a step of a batch is to be run. `ok` is false for a step that was not run. */
export type WireCondition =
  | { readonly type: "ok"; readonly step: number }
  | { readonly type: "not"; readonly cond: WireCondition }
  | { readonly type: "and"; readonly conds: readonly WireCondition[] }
  | { readonly type: "is_autocommit" };

/** A statement of a batch. */
export interface WireStep {
  readonly stmt: WireStatement;
  readonly condition?: WireCondition;
}

/** Statements that the server runs in order, each if its condition holds. */
export interface WireBatch {
  readonly steps: readonly WireStep[];
}

/** A request to a stream. */
export type WireRequest =
  | { readonly type: "execute"; readonly stmt: WireStatement }
  | { readonly type: "batch"; readonly batch: WireBatch }
  | { readonly type: "describe"; readonly sql: string }
  | { readonly type: "store_sql"; readonly sql_id: number; readonly sql: string }
  | { readonly type: "get_autocommit" }
  | { readonly type: "close" };

/** What the server says went wrong. */
export interface WireError {
  readonly message: string;
  readonly code?: string | null;
}

/** A result column. */
export interface WireColumn {
  readonly name: string | null;
  readonly decltype?: string | null;
}

/** Numbers beyond 2^53 come as strings; a cursor writes them as numbers. */
export type WireInteger = string | number;

/** The result of a statement. */
export interface WireStatementResult {
  readonly cols: readonly WireColumn[];
  readonly rows: readonly (readonly WireValue[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: WireInteger | null;
  readonly replication_index?: WireInteger | null;
  /** Milliseconds on the server. */
  readonly query_duration_ms?: number;
}

/** The result of a batch: for each step a result, an error, or neither if its condition did not hold. */
export interface WireBatchResult {
  readonly step_results: readonly (WireStatementResult | null)[];
  readonly step_errors: readonly (WireError | null)[];
  readonly replication_index?: WireInteger | null;
}

/** The answer to one request. */
export type WireResponse =
  | { readonly type: "execute"; readonly result: WireStatementResult }
  | { readonly type: "batch"; readonly result: WireBatchResult }
  | { readonly type: "describe"; readonly result: { readonly cols: readonly WireColumn[] } }
  | { readonly type: "get_autocommit"; readonly is_autocommit: boolean }
  | { readonly type: "store_sql" | "close" };

/** The answer to one request, or why there is none. */
export type WireResult =
  | { readonly type: "ok"; readonly response: WireResponse }
  | { readonly type: "error"; readonly error: WireError };

/** What a cursor yields. Kinds that we do not know are left out. */
export type WireCursorEntry =
  | { readonly type: "step_begin"; readonly step: number; readonly cols: readonly WireColumn[] }
  | { readonly type: "row"; readonly row: readonly WireValue[] }
  | { readonly type: "step_end"; readonly affected_row_count: number; readonly last_insert_rowid: WireInteger | null }
  | { readonly type: "step_error"; readonly step: number; readonly error: WireError }
  | { readonly type: "error"; readonly error: WireError }
  | { readonly type: "replication_index"; readonly replication_index: WireInteger | null };
