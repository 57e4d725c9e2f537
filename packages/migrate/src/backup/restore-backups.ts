import path from "node:path";
import { existsSync } from "node:fs";
import { MigrateError } from "../errors.ts";
import { fileKeeper } from "../files/file-keeper.ts";
import { collectClosedFiles } from "../fleet/collect-closed-files.ts";
import { SqldAdmin } from "../sqld/sqld-admin.ts";
import { replaceNamespace } from "../sqld/replace-namespace.ts";
import { describeCause } from "../tenant-errors.ts";
import { backupUnknown, defaultBackups, listBackups } from "./backup-record.ts";
import type { Backup } from "./backup-record.ts";
import { replaceByBranch } from "./cloud-backup.ts";

/** Which backups are brought back. */
export interface RestoreOptions {
  /** Id of a run, its beginning, or `"latest"`: all tenants that it backed up. Or the name of a tenant: its newest backup. */
  readonly of: string;
  /** Only these tenants. Default all. */
  readonly only?: readonly string[];
  /** The folder of backups. Default `.litefleet/backups`. */
  readonly backups?: string;
}

/** What became of one tenant. */
export interface RestoredTenant {
  readonly tenant: string;
  /** The run that made the backup. */
  readonly run: string;
  readonly state: "restored" | "failed";
  /** Where what was replaced is kept: a path, or a namespace. */
  readonly replaced?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** Finds the backups that a restore would bring back, without touching anything. @throws {MigrateError} `BACKUP_UNKNOWN` */
export async function findBackups(options: RestoreOptions): Promise<readonly Backup[]> {
  const { of, only, backups = defaultBackups } = options;
  const folder = path.resolve(backups);
  const all = await listBackups(folder);
  const run = of === "latest" ? all[0]?.run : runCalled(all, of);
  const ofTenant = all.find(({ tenant }) => tenant === of);
  const found = run !== undefined ? all.filter((backup) => backup.run === run) : ofTenant && [ofTenant];
  const chosen = found?.filter(({ tenant }) => only === undefined || only.includes(tenant)) ?? [];
  if (chosen.length === 0) throw backupUnknown(of, folder);
  return chosen;
}

function runCalled(all: readonly Backup[], called: string): string | undefined {
  if (called === "") return undefined;
  const runs = new Set(all.map(({ run }) => run).filter((run) => run.startsWith(called)));
  const [first] = runs;
  return runs.has(called) ? called : runs.size === 1 ? first : undefined;
}

/**
 * Brings tenants back to what they were before a run. What was written since is not in them; it is kept beside: a file as
 * `.<name>.replaced-<time>.db`, a namespace as `<name>-replaced-<time>`. A file is replaced in one step, and only if nobody has it open, as far
 * as that can be known. One that fails does not stop the others, and is as it was. The backups stay.
 *
 * @throws {MigrateError} `BACKUP_UNKNOWN`
 * @example
 * const restored = await restoreBackups({ of: run });
 */
export async function restoreBackups(options: RestoreOptions): Promise<readonly RestoredTenant[]> {
  const found = await findBackups(options);
  // Clients that this process has closed may still hold their files.
  await collectClosedFiles();
  const results: RestoredTenant[] = [];
  for (const backup of found) {
    const { tenant, run } = backup;
    try {
      results.push({ tenant, run, state: "restored", ...(await restore(backup)) });
    } catch (error) {
      const code = error instanceof MigrateError ? error.code : "TENANT_FAILED";
      const message = error instanceof MigrateError ? error.message.slice(code.length + 2) : describeCause(error);
      results.push({ tenant, run, state: "failed", error: { code, message } });
    }
  }
  return results;
}

async function restore({ source, tenant }: Backup): Promise<{ readonly replaced?: string }> {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/gu, "");
  if (source.kind === "turso") return replaceByBranch(source, stamp);
  if (source.kind === "namespace") {
    const replaced = `${source.namespace}-replaced-${stamp}`;
    const isReplaced = await replaceNamespace(new SqldAdmin(source.adminUrl), {
      namespace: source.namespace,
      by: source.copy,
      keepAs: replaced,
    });
    return isReplaced ? { replaced } : {};
  }
  const { path: file, copy: from } = source;
  const wasThere = existsSync(file);
  const { dir, name } = path.parse(file);
  // Turso Database finds its log by this ending.
  const kept = path.join(dir, `.${name}.replaced-${stamp}.db`);
  const answer = await fileKeeper.ask({ kind: "replace", from, file, kept });
  if (answer.state === "done") return wasThere ? { replaced: kept } : {};
  if (answer.state === "failed") {
    throw new MigrateError(
      `Tenant ${tenant} could not be restored: ${answer.message}. It is as it was.`,
      "TENANT_FAILED",
      {
        tenant,
      },
    );
  }
  const who = answer.by.length === 0 ? "Somebody has" : `Process ${answer.by.join(", ")} has`;
  throw new MigrateError(
    `${who} tenant ${tenant} open. Close it there, and restore again. It is as it was.`,
    "TENANT_BUSY",
    {
      tenant,
    },
  );
}
