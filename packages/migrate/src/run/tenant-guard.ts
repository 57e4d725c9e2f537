import path from "node:path";
import type { Client } from "@litefleet/driver";
import { backUp } from "../backup/create-backups.ts";
import { backupModes, defaultBackups } from "../backup/backup-record.ts";
import type { BackupMode } from "../backup/backup-record.ts";
import { MigrateError } from "../errors.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { MigrationStep } from "../plan.ts";

/** What is done around the migration of each tenant of a run. */
export interface GuardOptions {
  /**
   * Which tenants are backed up before they are changed: `"auto"`: where what is to run drops tables or columns or deletes rows;
   * `"always"`: wherever something is to run. A file by a copy, a namespace of a libSQL server by a fork (which needs `adminUrl`), a
   * database on Turso Cloud by a branch. They are brought back by `restoreBackups`. Default `"none"`.
   */
  readonly backup?: BackupMode;
  /** The folder in which backups are kept, one folder a run. Default `.litefleet/backups`. */
  readonly backups?: string;
  /**
   * Keeps everybody from writing to a namespace of a libSQL server while it is migrated, where otherwise a migration of more than five
   * seconds loses its lock to whoever waits. Needs `adminUrl`. Embedded replicas of it are made anew afterwards. Local files need no
   * fence: their migrations hold the lock. Default false.
   */
  readonly fence?: boolean;
}

/** The same, worked out for one run. Plain data, so that a thread can be told. */
export interface TenantGuard {
  readonly backup: BackupMode;
  /** Absolute. */
  readonly backups: string;
  readonly run: string;
  readonly fence: boolean;
}

/** What is to be done around the tenants of the run; `undefined` for nothing. */
export function guardOf(
  { backup = "none", backups = defaultBackups, fence = false }: GuardOptions,
  run: string,
  cwd: string | undefined,
): TenantGuard | undefined {
  return backup === "none" && !fence ? undefined : { backup, backups: path.resolve(cwd ?? ".", backups), run, fence };
}

/** @throws {MigrateError} `ROLLOUT_INVALID` */
export function checkGuard({ backup }: GuardOptions): void {
  if (backup === undefined || backupModes.includes(backup)) return;
  throw new MigrateError(
    `backup is one of ${backupModes.join(", ")}, got ${JSON.stringify(backup)}.`,
    "ROLLOUT_INVALID",
  );
}

const defaultLockTimeoutMs = 30_000;

/** What runs before the first change to a tenant, with what is to be done. */
export function beforeFirstOf(
  tenant: ResolvedTenant,
  client: Client,
  guard: TenantGuard | undefined,
  lockTimeoutMs = defaultLockTimeoutMs,
): ((steps: readonly MigrationStep[]) => Promise<void>) | undefined {
  if (guard === undefined) return undefined;
  const { backup: mode, backups: folder, run } = guard;
  return (steps) => backUp(tenant, client, steps, { mode, folder, run, lockTimeoutMs });
}
