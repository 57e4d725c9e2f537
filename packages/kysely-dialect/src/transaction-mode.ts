import { LitefleetError } from "@litefleet/driver";
import type { TransactionMode } from "@litefleet/driver";
import type { TransactionSettings } from "kysely";

/**
 * How the driver begins a transaction with these settings of Kysely: `"read only"` as `"read"`, the isolation level
 * `"snapshot"` as `"concurrent"`, everything else as `"write"`.
 *
 * @throws {LitefleetError} `UNSUPPORTED` for an isolation level that SQLite does not have.
 */
export function transactionMode(settings: TransactionSettings): TransactionMode {
  const { accessMode, isolationLevel } = settings;
  if (isolationLevel !== undefined && isolationLevel !== "serializable" && isolationLevel !== "snapshot") {
    throw new LitefleetError(
      `The isolation level "${isolationLevel}" is not supported: transactions are "serializable" (the default), or "snapshot" to run beside other writers`,
      "UNSUPPORTED",
    );
  }
  // A transaction that only reads sees one snapshot on every engine, whatever its level is called.
  if (accessMode === "read only") return "read";
  return isolationLevel === "snapshot" ? "concurrent" : "write";
}
