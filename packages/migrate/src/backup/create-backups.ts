import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { MigrationStep } from "../plan.ts";
import { findDestructive } from "../safety/destructive.ts";
import { adminOf } from "../sqld/sqld-admin.ts";
import { describeCause, isBusy } from "../tenant-errors.ts";
import { placeOfBackup, readBackup, writeBackup } from "./backup-record.ts";
import type { Backup, BackupMode } from "./backup-record.ts";
import { branchOff } from "./cloud-backup.ts";
import { snapshotFile } from "./snapshot-file.ts";

/** How a run backs up its tenants. Plain data. */
export interface BackupOptions {
  readonly mode: BackupMode;
  /** The folder of backups, absolute. */
  readonly folder: string;
  /** Id of the run. */
  readonly run: string;
  /** How long to wait for other writers, in milliseconds. */
  readonly lockTimeoutMs: number;
}

/**
 * Backs a tenant up, if the mode says so for what is to run: a file by a copy, a namespace of a libSQL server by a fork. Of one run the
 * backup from before its first change to the tenant stays.
 *
 * @param client an open client of the tenant, in no transaction.
 * @throws {MigrateError} `BACKUP_FAILED`; then nothing may be run. Where other writers are in the way, what the driver throws.
 */
export async function backUp(
  tenant: ResolvedTenant,
  client: Client,
  steps: readonly MigrationStep[],
  options: BackupOptions,
): Promise<void> {
  const { mode, folder, run } = options;
  if (mode === "none" || steps.length === 0) return;
  if (mode === "auto" && findDestructive(steps).length === 0) return;
  const before = steps[0]?.migration.name;
  const known = await readBackup(folder, run, tenant.name);
  // The run has changed the tenant since, as it may where migrations do not share a transaction.
  if (known !== undefined && known.before !== before) return;
  try {
    await makeFolder(folder);
    const source = await copyTenant(tenant, client, options);
    const backup: Backup = { run, tenant: tenant.name, madeAt: Date.now(), before, source };
    await writeBackup(folder, backup);
  } catch (error) {
    // Other writers: who migrates waits for them, and comes back.
    if (isBusy(error)) throw error;
    throw new MigrateError(
      `Tenant ${tenant.name} could not be backed up: ${describeCause(error)}. Nothing was changed. Without a backup: --backup none.`,
      "BACKUP_FAILED",
      { tenant: tenant.name, cause: error },
    );
  }
}

async function copyTenant(tenant: ResolvedTenant, client: Client, options: BackupOptions): Promise<Backup["source"]> {
  const { folder, run, lockTimeoutMs } = options;
  const { path: file, config } = tenant;
  if (file !== undefined) {
    const copy = `${placeOfBackup(folder, run, tenant.name)}.db`;
    await snapshotFile(client, { file, copy, config, lockTimeoutMs });
    return { kind: "file", path: file, copy, bytes: (await stat(copy)).size };
  }
  if (tenant.cloud !== undefined) return branchOff(tenant.cloud, run);
  const { admin, namespace } = adminOf(tenant, "a backup by a fork");
  const copy = `${namespace}-backup-${run}`;
  if (!(await admin.fork(namespace, copy))) {
    // From an attempt that changed nothing.
    await admin.remove(copy);
    await admin.fork(namespace, copy);
  }
  return { kind: "namespace", adminUrl: tenant.adminUrl ?? "", namespace, copy };
}

/** Backups hold people's data: they do not belong into a repository. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const parent = path.dirname(folder);
  const place = path.basename(parent) === ".litefleet" ? parent : folder;
  // "wx": what somebody else wrote there stays.
  await writeFile(path.join(place, ".gitignore"), "*\n", { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
}
