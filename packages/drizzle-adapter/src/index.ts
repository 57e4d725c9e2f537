export type { Batch, LitefleetBatchConfig } from "./batch.ts";
export { LitefleetDatabase } from "./database.ts";
export { driverError } from "./driver-error.ts";
export { drizzle } from "./drizzle.ts";
export { LitefleetTransaction } from "./transaction.ts";
export type { LitefleetTransactionConfig, TransactionBehavior } from "./transaction-config.ts";
