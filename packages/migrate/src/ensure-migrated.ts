import { stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@litefleet/driver";
import { applyPending } from "./apply.ts";
import type { ApplyOptions, MigrateResult } from "./apply.ts";
import { MigrateError } from "./errors.ts";
import { loadMigrations } from "./load-migrations.ts";
import type { MigrationSet } from "./migration.ts";
import type { SourceOptions } from "./source/source.ts";

/** Options of {@link ensureMigrated}. */
export interface EnsureOptions extends ApplyOptions, SourceOptions {
  /**
   * The folder of migrations: a path or a `file:` URL. Default: the first of `drizzle`, `prisma/migrations`, `migrations` and
   * `db/migrations` that is there.
   */
  readonly dir?: string | URL;
}

const usualFolders = ["drizzle", "prisma/migrations", "migrations", "db/migrations"];

/** Folders are read once a process: those that it was started with. */
const sets = new Map<string, Promise<MigrationSet>>();
const results = new WeakMap<Client, Map<string, Promise<MigrateResult>>>();

/**
 * Brings a database to the newest migration when it is opened, and does nothing the next time: the folder is read once a
 * process, and a client is asked once for each version of it. Calls at the same time share one run. A run that failed is
 * tried again by the next call. The client stays open.
 *
 * Without a client it answers a function for `onOpen` of a fleet.
 *
 * @throws {MigrateError} as `migrate`.
 * @example
 * await ensureMigrated(client, { dir: "drizzle" });
 * @example
 * const fleet = createFleet({ tenants, onOpen: ensureMigrated({ dir: "drizzle" }) });
 */
export function ensureMigrated(client: Client, options?: EnsureOptions): Promise<MigrateResult>;
export function ensureMigrated(options: EnsureOptions): (client: Client) => Promise<MigrateResult>;
export function ensureMigrated(
  clientOrOptions: Client | EnsureOptions,
  options: EnsureOptions = {},
): Promise<MigrateResult> | ((client: Client) => Promise<MigrateResult>) {
  if (isClient(clientOrOptions)) return ensure(clientOrOptions, options);
  return (client) => ensure(client, clientOrOptions);
}

function isClient(value: Client | EnsureOptions): value is Client {
  return "execute" in value && "transaction" in value;
}

async function ensure(client: Client, options: EnsureOptions): Promise<MigrateResult> {
  const set = await readOnce(options);
  const version = JSON.stringify([
    set.dir,
    set.ledger.table,
    options.to,
    set.migrations.map(({ name, hash }) => [name, hash]),
  ]);
  const known = results.get(client) ?? new Map<string, Promise<MigrateResult>>();
  results.set(client, known);
  const running = known.get(version);
  if (running !== undefined) return running;
  const run = applyPending(client, set, options);
  known.set(version, run);
  run.catch(() => known.delete(version));
  return run;
}

async function readOnce(options: EnsureOptions): Promise<MigrationSet> {
  const dir = options.dir ?? (await findFolder());
  const folder = path.resolve(dir instanceof URL ? fileURLToPath(dir) : dir);
  const key = JSON.stringify([folder, options.source, options.ledgerTable]);
  const known = sets.get(key) ?? loadMigrations(folder, options);
  sets.set(key, known);
  known.catch(() => sets.delete(key));
  return known;
}

async function findFolder(): Promise<string> {
  for (const folder of usualFolders) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() === true) return folder;
  }
  throw new MigrateError(
    `There is none of the folders ${usualFolders.join(", ")} here. Name the folder of migrations in dir.`,
    "DIR_INVALID",
  );
}
