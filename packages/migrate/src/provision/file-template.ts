import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import type { ApplyOptions, MigrateResult } from "../apply.ts";
import { copySynced, logsOf, placeFile, scratchName, sideFileEndings } from "../files/place-file.ts";
import { syncFolder } from "../files/sync-folder.ts";
import type { MigrationSet } from "../migration.ts";
import { describeCause } from "../tenant-errors.ts";
import { provisionFailed, tenantExists } from "./provision-errors.ts";
import { templateHash } from "./template-hash.ts";

/** Templates of other migrations that are left in a folder, the newest ones. */
const keptTemplates = 5;

/** How a local tenant is opened, which a copy of a template has to fit. */
export type FileConfig = Omit<Config, "url">;

/**
 * The path of a migrated database that nobody opens, for new tenants to be copied from. It is made if it is not there, whole or not
 * at all; several processes may do so at once.
 */
export async function fileTemplate(set: MigrationSet, folder: string, config: FileConfig): Promise<string> {
  const hash = templateHash(set, config.engine === "turso" ? "turso" : "sqlite");
  const template = path.join(folder, `template-${hash}.db`);
  // Asked once a tenant: a local call of microseconds.
  if (existsSync(template)) return template;
  await mkdir(folder, { recursive: true });
  const scratch = scratchName(template);
  try {
    await buildDatabase(set, scratch, config);
    await rename(scratch, template);
  } finally {
    await removeDatabase(scratch);
  }
  await syncFolder(folder);
  await removeOldTemplates(folder, template);
  return template;
}

/** Copies a template to `file`, which must not be there. */
export async function provisionFile(template: string, file: string, tenant: string): Promise<void> {
  const scratch = scratchName(file);
  await place(scratch, file, tenant, () =>
    copySynced(template, scratch).catch((error: unknown) => discard(scratch, error)),
  );
}

/** Makes a database that cannot be a copy, such as an encrypted one, whose key is its own. */
export async function provisionByMigrating(
  set: MigrationSet,
  file: string,
  config: FileConfig,
  tenant: string,
): Promise<void> {
  const scratch = scratchName(file);
  await place(scratch, file, tenant, () =>
    buildDatabase(set, scratch, config).then(
      () => undefined,
      (error: unknown) => discard(scratch, error),
    ),
  );
}

async function place(scratch: string, file: string, tenant: string, make: () => Promise<void>): Promise<void> {
  if (existsSync(file)) throw tenantExists(tenant);
  try {
    await make();
    await placeFile(scratch, file);
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") throw tenantExists(tenant, error);
    if (isSystemError(error)) throw provisionFailed(tenant, describeCause(error), error);
    throw error;
  }
}

/**
 * Makes a migrated database of one file. The library may keep a closed database's file open until its statements are collected, so
 * what is used is a copy that nobody has ever opened.
 */
export async function buildDatabase(
  set: MigrationSet,
  file: string,
  config: FileConfig,
  options: ApplyOptions = {},
): Promise<MigrateResult> {
  const workshop = scratchName(file);
  try {
    const client = createClient({ ...config, url: pathToFileURL(workshop).href });
    let result: MigrateResult;
    try {
      result = await applyPending(client, set, options);
      await client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      client.close();
    }
    const log = await stat(`${workshop}-wal`).catch(() => undefined);
    if (log !== undefined && log.size > 0) throw new Error(`${log.size} bytes of the template are still in its log`);
    await copySynced(workshop, file);
    return result;
  } finally {
    await removeDatabase(workshop);
  }
}

async function removeOldTemplates(folder: string, current: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^template-[\da-f]{16}\.db$/u.test(name));
  const others = names.map((name) => path.join(folder, name)).filter((file) => file !== current);
  const dated = await Promise.all(
    others.map(async (file) => ({ file, madeAt: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const old = dated.toSorted((a, b) => b.madeAt - a.madeAt).slice(keptTemplates);
  await Promise.all(old.map(({ file }) => rm(file, { force: true })));
}

async function removeDatabase(file: string): Promise<void> {
  const files = [file, ...sideFileEndings.map((ending) => file + ending), ...logsOf(file)];
  await Promise.all(files.map((each) => rm(each, { force: true })));
}

/** Takes away what was begun, and goes on with its error. */
async function discard(file: string, error: unknown): Promise<never> {
  await removeDatabase(file);
  throw error;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
