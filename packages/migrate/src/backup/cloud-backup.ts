import { MigrateError } from "../errors.ts";
import { besides } from "../turso-cloud/besides.ts";
import { openPlatform } from "../turso-cloud/platform.ts";
import type { Platform, TursoCloudDatabase } from "../turso-cloud/platform.ts";
import type { CloudSource } from "./backup-record.ts";

/** Backs a database up as a branch of its group. */
export async function branchOff(cloud: TursoCloudDatabase, run: string): Promise<CloudSource> {
  const platform = await openPlatform(cloud);
  const copy = besides(cloud.database, `backup-${run}`);
  // From an attempt that changed nothing.
  await platform.remove(copy);
  await branch(platform, cloud.database, copy, cloud.group);
  return { kind: "turso", ...cloud, copy };
}

/**
 * Makes the database anew from its backup, under its name and so at its address; what was there is kept as another branch. Between the
 * two it is away: requests fail for as long as Turso Cloud takes for a branch. Tokens of its group stay good, those of the one database do not.
 *
 * @throws {MigrateError} `TENANT_FAILED` saying where what was there is, if the database could not be made anew.
 */
export async function replaceByBranch(source: CloudSource, stamp: string): Promise<{ readonly replaced?: string }> {
  const { database, group, copy } = source;
  const platform = await openPlatform(source);
  const replaced = besides(database, `replaced-${stamp.toLowerCase()}`);
  // A restore that failed half way has taken it away already.
  const isThere = (await platform.databasesOf(group)).some(({ name }) => name === database);
  if (isThere) {
    await branch(platform, database, replaced, group);
    await platform.remove(database);
  }
  try {
    await branch(platform, copy, database, group);
  } catch (cause) {
    throw new MigrateError(
      `Database ${database} could not be made anew from ${copy}; what was there is kept beside it. Restore once more.`,
      "TENANT_FAILED",
      { cause },
    );
  }
  return isThere ? { replaced } : {};
}

async function branch(platform: Platform, from: string, to: string, group: string): Promise<void> {
  if ((await platform.branch(from, to, group)) !== undefined) return;
  throw new MigrateError(`Turso Cloud has a database ${to} already.`, "TENANT_FAILED");
}
