import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { MigrateError } from "../errors.ts";
import type { TursoCloudDatabase } from "../turso-cloud/platform.ts";
import { syncFile } from "../files/place-file.ts";
import { syncFolder } from "../files/sync-folder.ts";

/** When a tenant is backed up before it is migrated: if what is to run takes data away, whenever there is something to run, or never. */
export type BackupMode = "auto" | "always" | "none";

/** Every {@link BackupMode}. */
export const backupModes: readonly BackupMode[] = ["auto", "always", "none"];

/** Where backups are kept, from the working directory. */
export const defaultBackups = path.join(".litefleet", "backups");

/** A tenant as it was before a run. Holds no token. */
export interface Backup {
  /** Id of the run. */
  readonly run: string;
  /** The tenant's name. */
  readonly tenant: string;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  /** The first migration that the run was to apply or undo. */
  readonly before: string | undefined;
  readonly source: FileSource | NamespaceSource | CloudSource;
}

/** A copy of a file. */
export interface FileSource {
  readonly kind: "file";
  /** The tenant's file, absolute. */
  readonly path: string;
  /** The copy, absolute: one file without side files. */
  readonly copy: string;
  readonly bytes: number;
}

/** A fork of a namespace on a libSQL server. */
export interface NamespaceSource {
  readonly kind: "namespace";
  readonly adminUrl: string;
  readonly namespace: string;
  /** The namespace that holds the backup. */
  readonly copy: string;
}

/** A branch of a database on Turso Cloud. */
export interface CloudSource extends TursoCloudDatabase {
  readonly kind: "turso";
  /** The database that holds the backup. */
  readonly copy: string;
}

/** The path of a tenant's files in a folder of backups, without ending. Any name can be a tenant's. */
export function placeOfBackup(folder: string, run: string, tenant: string): string {
  const hash = createHash("sha256").update(tenant).digest("hex").slice(0, 8);
  const readable = tenant.replaceAll(/[^\w.-]+/gu, "_").slice(0, 60);
  return path.join(folder, run, `${readable}-${hash}`);
}

/** Writes it down, so that it survives a power cut. */
export async function writeBackup(folder: string, backup: Backup): Promise<void> {
  const file = `${placeOfBackup(folder, backup.run, backup.tenant)}.json`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, `${JSON.stringify(backup, undefined, 2)}\n`);
  await syncFile(`${file}.tmp`);
  await rename(`${file}.tmp`, file);
  await syncFolder(path.dirname(file));
}

/** The backup that a run has of a tenant. */
export async function readBackup(folder: string, run: string, tenant: string): Promise<Backup | undefined> {
  return parseBackup(await readFile(`${placeOfBackup(folder, run, tenant)}.json`, "utf8").catch(() => undefined));
}

/** All backups in a folder, the newest first; those of one run if it is named. */
export async function listBackups(folder: string, run?: string): Promise<Backup[]> {
  const runs = run === undefined ? await entriesOf(folder) : [run];
  const backups: Backup[] = [];
  for (const name of runs) {
    for (const file of await entriesOf(path.join(folder, name))) {
      if (!file.endsWith(".json")) continue;
      const backup = parseBackup(await readFile(path.join(folder, name, file), "utf8").catch(() => undefined));
      if (backup !== undefined) backups.push(backup);
    }
  }
  return backups.toSorted((a, b) => b.madeAt - a.madeAt);
}

/** Removes what was written down of it. */
export async function forgetBackup(folder: string, { run, tenant }: Backup): Promise<void> {
  await rm(`${placeOfBackup(folder, run, tenant)}.json`, { force: true });
}

/** @throws {MigrateError} `BACKUP_UNKNOWN` */
export function backupUnknown(called: string, folder: string): MigrateError {
  return new MigrateError(
    `There is no backup of a run or a tenant called ${JSON.stringify(called)} in ${folder}. See what there is with backups.`,
    "BACKUP_UNKNOWN",
  );
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function parseBackup(text: string | undefined): Backup | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isBackup(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBackup(value: unknown): value is Backup {
  return (
    typeof value === "object" &&
    value !== null &&
    "run" in value &&
    "tenant" in value &&
    "madeAt" in value &&
    "source" in value &&
    typeof value.source === "object" &&
    value.source !== null &&
    "kind" in value.source
  );
}
