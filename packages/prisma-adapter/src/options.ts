import type { TransactionMode } from "@litefleet/driver";

/** How a `DateTime` is stored: `2026-01-31T12:00:00.000+00:00`, or the milliseconds since 1970 as an integer. */
export type TimestampFormat = "iso8601" | "unixepoch-ms";

/**
 * How transactions take part in the line of writers.
 *
 * - `"immediate"`: each transaction waits for its turn with its first statement and then cannot meet a conflict.
 * - `"deferred"`: reads at first and takes its turn with its first write. Transactions that only read never wait; one that
 *   reads, while another writes, and then writes itself ends in P2034.
 * - `"concurrent"`: writes beside other writers where the engine has MVCC (Turso), and ends in P2034 where two touch the
 *   same row; on the other engines the same as `"immediate"`.
 */
export type PrismaTransactionMode = "immediate" | "deferred" | "concurrent";

/** Options of `PrismaLitefleet`, besides the database. */
export interface PrismaLitefleetOptions {
  /**
   * How `DateTime` values are written, in filters too. Both forms are read, whichever is set. Default `"iso8601"`, as
   * with Prisma's own adapters for SQLite.
   */
  readonly timestampFormat?: TimestampFormat;
  /** How every transaction begins, Prisma's own for nested writes included. Default `"immediate"`. */
  readonly transactionMode?: PrismaTransactionMode;
}

/** The options with every default in place. */
export interface ResolvedOptions {
  readonly timestampFormat: TimestampFormat;
  readonly mode: TransactionMode;
}

const timestampFormats: ReadonlySet<string> = new Set<TimestampFormat>(["iso8601", "unixepoch-ms"]);

const modes: Readonly<Record<PrismaTransactionMode, TransactionMode>> = {
  immediate: "write",
  deferred: "deferred",
  concurrent: "concurrent",
};

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {RangeError} for a value that is none of those listed.
 */
export function resolveOptions(options: PrismaLitefleetOptions): ResolvedOptions {
  const { timestampFormat = "iso8601", transactionMode = "immediate" } = options;
  if (!timestampFormats.has(timestampFormat)) {
    throw new RangeError(`timestampFormat must be "iso8601" or "unixepoch-ms", got ${JSON.stringify(timestampFormat)}`);
  }
  if (!Object.hasOwn(modes, transactionMode)) {
    throw new RangeError(
      `transactionMode must be "immediate", "deferred" or "concurrent", got ${JSON.stringify(transactionMode)}`,
    );
  }
  return { timestampFormat, mode: modes[transactionMode] };
}
