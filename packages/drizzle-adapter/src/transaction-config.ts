import type { TransactionMode, TransactionOptions } from "@litefleet/driver";

/**
 * How a transaction begins.
 *
 * - `"deferred"`: reads at first, takes its turn among the writers with its first write.
 * - `"immediate"` (default): takes its turn among the writers at once.
 * - `"exclusive"`: the same as `"immediate"`; in WAL mode, which the driver uses, SQLite knows no difference.
 * - `"concurrent"`: may run beside other writers, and is run again as a whole when it conflicts with one. Where the
 *   engine cannot do that it takes its turn, so the same code is right everywhere.
 */
export type TransactionBehavior = "deferred" | "immediate" | "exclusive" | "concurrent";

/** Options of `db.transaction`. */
export interface LitefleetTransactionConfig extends Pick<
  TransactionOptions,
  "maxRetries" | "timeoutMs" | "signal" | "onRetry"
> {
  /** Default `"immediate"`. */
  readonly behavior?: TransactionBehavior;
}

const modes: Readonly<Record<TransactionBehavior, TransactionMode>> = {
  deferred: "deferred",
  immediate: "write",
  exclusive: "write",
  concurrent: "concurrent",
};

/** The driver's name for drizzle's `behavior`. Throws `TypeError` for an unknown one. */
export function toTransactionMode(behavior: TransactionBehavior): TransactionMode {
  if (!Object.hasOwn(modes, behavior)) {
    throw new TypeError(
      `Unknown transaction behavior ${JSON.stringify(behavior)}; expected one of ${Object.keys(modes).join(", ")}`,
    );
  }
  return modes[behavior];
}
