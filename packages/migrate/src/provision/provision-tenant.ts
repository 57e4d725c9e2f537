import path from "node:path";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { ResolvedTenant, Tenant } from "../fleet/tenant.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import type { SourceOptions } from "../source/source.ts";
import { adminOf } from "../sqld/sqld-admin.ts";
import { fileTemplate, provisionByMigrating, provisionFile } from "./file-template.ts";
import { tenantExists } from "./provision-errors.ts";
import { sqldTemplate } from "./sqld-template.ts";
import { templateHash } from "./template-hash.ts";

/** What templates are made of, and where they are kept. */
export interface TemplateOptions extends SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /**
   * The folder in which templates of local tenants are kept; best on their file system, where a copy may cost nothing. Default
   * `.litefleet/templates` in the working directory. A server keeps its own, as a namespace `litefleet-template-…`.
   */
  readonly templates?: string;
}

/** A tenant that was made. */
export interface ProvisionedTenant {
  readonly name: string;
  /** Path or URL, without credentials. */
  readonly target: string;
  /** `"migration"`: it has a key of its own and cannot be a copy, so it was migrated. */
  readonly by: "copy" | "fork" | "migration";
  /** The newest migration; `undefined` for an empty folder. */
  readonly version: string | undefined;
  readonly durationMs: number;
}

/** Makes new tenants of one folder of migrations. */
export interface Template {
  /** Names what the template is made of; another one after the migrations have changed. */
  hash(): Promise<string>;
  /** As {@link provisionTenant}. */
  provision(tenant: Tenant): Promise<ProvisionedTenant>;
}

/**
 * Gives new tenants out of a migrated database, the template. That is made when it is first needed, and anew when the migrations have
 * changed. What lies there of one folder is used by all processes. Nothing has to be closed.
 *
 * @throws {MigrateError} `DIR_INVALID`, `SOURCE_UNSUPPORTED`.
 * @example
 * const template = await createTemplate({ dir: "drizzle" });
 * await template.provision({ name: "acme", url: "file:data/acme.db" });
 */
export async function createTemplate(options: TemplateOptions): Promise<Template> {
  await loadMigrations(options.dir, options);
  const templates = path.resolve(options.templates ?? path.join(".litefleet", "templates"));
  const files = new Map<string, Promise<string>>();
  const forks = new Map<string, Promise<string>>();
  return {
    async hash() {
      return templateHash(await loadMigrations(options.dir, options), "sqlite");
    },
    async provision(tenant) {
      const startedAt = performance.now();
      const set = await loadMigrations(options.dir, options);
      const [resolved] = await resolveTenants({ tenants: [tenant] });
      if (resolved === undefined) throw new TypeError("Expected a tenant");
      const by = await provision(set, resolved, { templates, files, forks });
      const { name, target } = resolved;
      const durationMs = Math.round(performance.now() - startedAt);
      return { name, target, by, version: set.migrations.at(-1)?.name, durationMs };
    },
  };
}

/**
 * Makes a new tenant with everything applied and its ledger filled in, so that `status` finds it up to date at once: a copy of a migrated
 * template (a file: by reference where the file system can; a server: a fork of its namespace, which needs `adminUrl` and `namespace`). It is
 * there as a whole or not at all, and survives a power cut once this has resolved.
 *
 * What the migrations insert is the same in all copies, also times and random values.
 *
 * @throws {MigrateError} `TENANT_EXISTS`: nothing is ever overwritten. `TARGET_INVALID`, `DIR_INVALID`, and what `migrate` throws
 *   while the template is made.
 * @example
 * await provisionTenant({ dir: "drizzle", tenant: { name: "acme", url: "file:data/acme.db" } });
 */
export async function provisionTenant(
  options: TemplateOptions & { readonly tenant: Tenant },
): Promise<ProvisionedTenant> {
  return (await createTemplate(options)).provision(options.tenant);
}

interface Templates {
  readonly templates: string;
  readonly files: Map<string, Promise<string>>;
  readonly forks: Map<string, Promise<string>>;
}

async function provision(
  set: MigrationSet,
  tenant: ResolvedTenant,
  { templates, files, forks }: Templates,
): Promise<ProvisionedTenant["by"]> {
  const { name, path: file, config } = tenant;
  if (file !== undefined) {
    // An encrypted database is a copy of none that has another key.
    if (config.encryptionKey !== undefined) {
      await provisionByMigrating(set, file, config, name);
      return "migration";
    }
    // Whether it is there still is looked at each time: somebody may clear the folder.
    const template = await shareCall(files, config.engine ?? "libsql", () => fileTemplate(set, templates, config));
    await provisionFile(template, file, name);
    return "copy";
  }
  const { admin, namespace } = adminOf(tenant, "a fork of a template");
  const key = JSON.stringify([tenant.adminUrl, templateHash(set, "sqld")]);
  const template = await remember(forks, key, () => sqldTemplate(set, admin, config));
  const isMade = await admin.fork(template, namespace).catch((error: unknown) => {
    // It may be gone: the next tenant looks for it again.
    forks.delete(key);
    throw error;
  });
  if (!isMade) throw tenantExists(name);
  return "fork";
}

/** Calls at the same time share one run. */
function shareCall<T>(running: Map<string, Promise<T>>, key: string, run: () => Promise<T>): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const started = run().finally(() => running.delete(key));
  running.set(key, started);
  return started;
}

/** What was found once is not asked for again; what failed is. */
function remember<T>(known: Map<string, Promise<T>>, key: string, run: () => Promise<T>): Promise<T> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const started = run();
  known.set(key, started);
  started.catch(() => known.delete(key));
  return started;
}
