import type { TransactionBehavior } from "./transaction-config.ts";

/** Options of `tx.batch`. */
export interface LitefleetNestedBatchConfig {
  /** Values for the placeholders of all its queries, by name. */
  readonly placeholders?: Readonly<Record<string, unknown>>;
}

/** Options of `db.batch`. */
export interface LitefleetBatchConfig extends LitefleetNestedBatchConfig {
  /** How the batch's transaction begins. Default: by what the queries do, which is a write if any of them writes. */
  readonly behavior?: TransactionBehavior;
}
