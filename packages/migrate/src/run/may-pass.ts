import { isRetryable } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { TransactionScope } from "../plan.ts";
import { codeOf, isBusy } from "../tenant-errors.ts";

/**
 * Whether a tenant may be tried again after this error: other writers, the network, a server with too much to do. The next
 * attempt reads the tenant's ledger anew, inside the lock, so that nothing is done twice; after an answer that was lost where
 * the ledger does not tell (a statement outside of transactions) there is none.
 */
export function mayPass(error: unknown, tx: TransactionScope): boolean {
  if (!(error instanceof MigrateError)) return isBusy(error) || isRetryable(error);
  if (error.code === "TENANT_BUSY" || error.code === "OUTCOME_UNKNOWN") return true;
  if (error.code !== "TENANT_FAILED" && error.code !== "MIGRATION_FAILED") return false;
  for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (codeOf(cause) === "OUTCOME_UNKNOWN") return tx !== "none" && error.statementIndex === undefined;
    if (isBusy(cause) || isRetryable(cause)) return true;
  }
  return false;
}
