import { MigrateError } from "../errors.ts";
import type { Goal } from "../goal.ts";
import type { MigrationSet } from "../migration.ts";
import { compareLedger, readHistory } from "../read-history.ts";
import { findDestructive } from "../safety/destructive.ts";
import type { DestructiveStatement } from "../safety/destructive.ts";
import { runTenants, tenantExists, withClient } from "./run-tenants.ts";
import type { RunOptions } from "./run-tenants.ts";
import type { ResolvedTenant } from "./tenant.ts";

/** A tenant from which a run would take data away, and the statements that would. */
export interface TenantLoss {
  readonly name: string;
  readonly statements: readonly DestructiveStatement[];
}

/** A person who can be asked. */
export interface LossQuestion {
  /** So many of the tenants have been looked at. */
  readonly onProgress?: (progress: { readonly total: number; readonly done: number; readonly failed: number }) => void;
  /** All of them have. */
  readonly onEnd?: () => void;
  /**
   * Whether a run may go ahead that takes data away from these tenants.
   *
   * @param unread tenants that could not be looked at; what a yes allows is allowed on them too.
   */
  readonly mayLose: (losses: readonly TenantLoss[], unread: number) => Promise<boolean>;
}

/** What is to be run on the tenants. */
export interface PlannedRun extends RunOptions {
  readonly tenants: readonly ResolvedTenant[];
  readonly set: MigrationSet;
  /** A goal remembers what its tenant was like: each has its own. */
  readonly goalOf: (tenant: ResolvedTenant) => Goal;
}

/**
 * Looks at every tenant, without changing any, for what a run would take away, and asks about it. Answers whether the run is
 * allowed to: false where there was nothing to ask about.
 *
 * @throws {MigrateError} `DESTRUCTIVE` if the answer is no.
 */
export async function askBeforeLoss(question: LossQuestion, run: PlannedRun): Promise<boolean> {
  const { losses, unread } = await findLosses(question, run);
  if (losses.length === 0 || run.signal?.aborted === true) return false;
  if (await question.mayLose(losses, unread)) return true;
  throw new MigrateError("Nothing was run, since what is to run takes data away.", "DESTRUCTIVE");
}

async function findLosses(
  { onProgress, onEnd }: LossQuestion,
  { tenants, set, goalOf, ...options }: PlannedRun,
): Promise<{ readonly losses: readonly TenantLoss[]; readonly unread: number }> {
  const progress = { total: tenants.length, done: 0, failed: 0 };
  onProgress?.({ ...progress });
  const look = async (tenant: ResolvedTenant): Promise<TenantLoss | undefined> => {
    const { name } = tenant;
    try {
      const standing = (await tenantExists(tenant))
        ? await withClient(tenant, (client) => readHistory(client, set, name))
        : compareLedger(set, { ledger: undefined, journal: undefined }, name);
      return { name, statements: findDestructive(goalOf(tenant).next(standing)) };
    } catch {
      // The run finds the same, and says it.
      return undefined;
    }
  };
  const looks = await runTenants(tenants, options, look, (found) => {
    progress.done += 1;
    if (found === undefined) progress.failed += 1;
    onProgress?.({ ...progress });
  });
  onEnd?.();
  const losses = looks.flatMap((loss) => (loss !== undefined && loss.statements.length > 0 ? [loss] : []));
  return { losses, unread: progress.failed };
}
