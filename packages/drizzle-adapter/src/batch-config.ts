import type { TransactionBehavior } from "./transaction-config.ts";

/** Options of `db.batch`. */
export interface LitefleetBatchConfig {
  /** How the batch's transaction begins. Default: by what the queries do, which is a write if any of them writes. */
  readonly behavior?: TransactionBehavior;
}
