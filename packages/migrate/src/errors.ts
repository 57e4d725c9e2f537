import { LitefleetError } from "@litefleet/driver";

/**
 * What can go wrong, named by what the caller can do about it. Each is explained in this package's README. `CONFIG_INVALID`,
 * `DIR_INVALID`, `MIGRATION_UNKNOWN`, `NO_TARGETS`, `ROLLOUT_INVALID`, `RUN_…`, `SOURCE_UNSUPPORTED` and `TARGET_INVALID` are about the
 * whole and come before anything starts (`RUN_LEDGER_FAILED` and `RUN_IN_PROGRESS` also on the way); the others are about one tenant.
 */
export const migrateErrorCodes = [
  "ABORTED",
  "ARGUMENT_INVALID",
  "BACKUP_FAILED",
  "BACKUP_UNKNOWN",
  "CONFIG_INVALID",
  "DESTRUCTIVE",
  "DIR_INVALID",
  "DOWN_UNSUPPORTED",
  "FILE_EXISTS",
  "FOREIGN_KEY_VIOLATION",
  "HISTORY_EDITED",
  "HISTORY_FAILED",
  "HISTORY_MISSING",
  "HISTORY_OUT_OF_ORDER",
  "LEDGER_INVALID",
  "MIGRATION_FAILED",
  "MIGRATION_UNKNOWN",
  "NO_TARGETS",
  "OUTCOME_UNKNOWN",
  "PRISMA_ENGINE_FAILED",
  "PRISMA_MISMATCH",
  "PRISMA_MISSING",
  "PRISMA_PROJECT_INVALID",
  "PRISMA_SCHEMA_INVALID",
  "RESET_NEEDED",
  "ROLLOUT_INVALID",
  "ROW_LOSS",
  "RUN_IN_PROGRESS",
  "RUN_LEDGER_FAILED",
  "RUN_UNKNOWN",
  "SOURCE_UNSUPPORTED",
  "TARGET_INVALID",
  "TENANT_BUSY",
  "TENANT_EXISTS",
  "TENANT_FAILED",
  "TENANT_TIMEOUT",
  "TRANSACTION_INCOMPATIBLE",
  "UNEXECUTABLE",
] as const;

/** One of {@link migrateErrorCodes}. */
export type MigrateErrorCode = (typeof migrateErrorCodes)[number];

/** Where an error happened. */
export interface MigrateErrorDetails {
  /** The tenant's name. */
  readonly tenant?: string;
  /** The migration's name, for drizzle-kit its tag: `0001_starter_plan`. */
  readonly migration?: string;
  /** The statement in the migration's file, counted from 0. */
  readonly statementIndex?: number;
  /** Migrations that were committed in this call before the error, in order. Default none. */
  readonly applied?: readonly string[];
  /** Migrations that the database still lacks, in order, as far as that is known. Default none. */
  readonly pending?: readonly string[];
  /** What was thrown below. */
  readonly cause?: unknown;
}

/**
 * Every error that this package throws, save `TypeError` and `RangeError` for misuse. The message names tenant and
 * migration and says what to do; it never holds a token.
 *
 * @example
 * try {
 *   await migrate(client, { dir: "drizzle" });
 * } catch (error) {
 *   if (error instanceof MigrateError && error.code === "HISTORY_EDITED") console.error(error.migration);
 * }
 */
export class MigrateError extends LitefleetError {
  declare readonly code: MigrateErrorCode;
  readonly tenant: string | undefined;
  readonly migration: string | undefined;
  readonly statementIndex: number | undefined;
  readonly applied: readonly string[];
  readonly pending: readonly string[];

  constructor(message: string, code: MigrateErrorCode, details: MigrateErrorDetails = {}) {
    super(message, code, { cause: details.cause, isRetryable: code === "TENANT_BUSY" });
    this.name = "MigrateError";
    this.tenant = details.tenant;
    this.migration = details.migration;
    this.statementIndex = details.statementIndex;
    this.applied = details.applied ?? [];
    this.pending = details.pending ?? [];
  }
}

/**
 * Some migrations were committed before one failed: only where they do not share a transaction (`tx: "file"`, `tx: "none"`, a
 * statement that divides it). `applied` is there to stay; a call after the cure goes on with the rest.
 *
 * @example
 * if (error instanceof PartialMigrationError) console.error(error.applied, "then", error.failed, error.cause);
 */
export class PartialMigrationError extends MigrateError {
  /** The migration that failed; `undefined` if none did, as with a signal. */
  readonly failed: string | undefined;

  constructor(message: string, code: MigrateErrorCode, details: MigrateErrorDetails = {}) {
    super(message, code, details);
    this.name = "PartialMigrationError";
    this.failed = details.migration;
  }
}
