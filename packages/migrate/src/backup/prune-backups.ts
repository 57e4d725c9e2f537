import { rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { SqldAdmin } from "../sqld/sqld-admin.ts";
import { openPlatform } from "../turso-cloud/platform.ts";
import { defaultBackups, forgetBackup, listBackups } from "./backup-record.ts";
import type { Backup } from "./backup-record.ts";

/** Which backups are looked for. */
export interface BackupsOptions {
  /** The folder of backups. Default `.litefleet/backups`. */
  readonly backups?: string;
  /** Only those of this run. */
  readonly run?: string;
}

/** The backups that there are, the newest first. */
export async function readBackups({ backups = defaultBackups, run }: BackupsOptions = {}): Promise<readonly Backup[]> {
  return listBackups(path.resolve(backups), run);
}

/**
 * Deletes backups that are older than so many milliseconds, and answers which. What a restore has kept beside a tenant is left alone.
 *
 * @example
 * await pruneBackups({ olderThanMs: 30 * 24 * 3_600_000 });
 */
export async function pruneBackups(
  options: BackupsOptions & { readonly olderThanMs: number },
): Promise<readonly Backup[]> {
  const { backups = defaultBackups, olderThanMs } = options;
  if (!(olderThanMs >= 0)) throw new RangeError(`Expected olderThanMs as milliseconds from 0 on, got ${olderThanMs}`);
  const folder = path.resolve(backups);
  const old = (await readBackups(options)).filter(({ madeAt }) => madeAt <= Date.now() - olderThanMs);
  for (const backup of old) {
    const { source, run } = backup;
    if (source.kind === "file") await rm(source.copy, { force: true });
    else if (source.kind === "turso") await (await openPlatform(source)).remove(source.copy);
    else await new SqldAdmin(source.adminUrl).remove(source.copy);
    // Last, so that one whose copy cannot be removed is still known.
    await forgetBackup(folder, backup);
    // Only an empty one goes.
    await rmdir(path.join(folder, run)).catch(() => undefined);
  }
  return old;
}
