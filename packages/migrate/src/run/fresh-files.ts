import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { MigrateResult } from "../apply.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import type { MigrationSet } from "../migration.ts";
import { buildDatabase, provisionFile } from "../provision/file-template.ts";
import { isReproducible } from "../provision/reproducible.ts";
import type { Attempt, TenantTask } from "./tenant-task.ts";
import { upOutcome } from "./tenant-task.ts";

/** New files from this one on are copies: the template costs as much as a tenant. */
const firstCopy = 3;

interface RunTemplate {
  readonly file: string;
  readonly result: MigrateResult;
}

/**
 * Makes files of a run that are not there yet as copies of one that has been migrated, which takes a fifth of the time of migrating each.
 * The run makes that one itself, so that what the ledgers say of the time is of this run. Close it after the run.
 */
export class FreshFiles {
  readonly #set: MigrationSet;
  readonly #task: TenantTask;
  readonly #templates = new Map<string, Promise<RunTemplate | undefined>>();
  #folder: Promise<string> | undefined;
  #met = 0;

  constructor(set: MigrationSet, task: TenantTask) {
    this.#set = set;
    this.#task = task;
  }

  /** Makes the tenant if it is new, and a copy may be made of it. `undefined` with nothing done if not. Does not throw. */
  async attempt({ path: file, config, name }: ResolvedTenant): Promise<Attempt | undefined> {
    if (this.#task.guard !== undefined || file === undefined || config.encryptionKey !== undefined) return undefined;
    // Turso Database keeps a part of a file in its log.
    if (config.engine === "turso" || existsSync(file)) return undefined;
    this.#met += 1;
    if (this.#met < firstCopy) return undefined;
    const template = await this.#templateFor(config);
    if (template === undefined) return undefined;
    try {
      await provisionFile(template.file, file, name);
    } catch {
      // Somebody was faster, or the folder is not there: migrating it finds out which.
      return undefined;
    }
    return { ...upOutcome(this.#set, template.result), error: undefined, mayPass: false };
  }

  async close(): Promise<void> {
    await Promise.all(this.#templates.values());
    // Where there is none, none could be made.
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  #templateFor(config: ResolvedTenant["config"]): Promise<RunTemplate | undefined> {
    const engine = config.engine ?? "libsql";
    const known = this.#templates.get(engine);
    if (known !== undefined) return known;
    // Where it fails the tenants do too, each with its own error.
    const made = this.#make(config, engine).catch(() => undefined);
    this.#templates.set(engine, made);
    return made;
  }

  async #make(config: ResolvedTenant["config"], engine: string): Promise<RunTemplate | undefined> {
    if (this.#task.command !== "up" || !isReproducible(this.#set)) return undefined;
    this.#folder ??= mkdtemp(path.join(tmpdir(), "litefleet-template-"));
    const file = path.join(await this.#folder, `${engine}.db`);
    return { file, result: await buildDatabase(this.#set, file, config, this.#task) };
  }
}
