import path from "node:path";
import { resolveTenants } from "../fleet/resolve-tenants.ts";
import type { ResolvedTenant, Tenant } from "../fleet/tenant.ts";
import { loadMigrations } from "../load-migrations.ts";
import type { MigrationSet } from "../migration.ts";
import { redactUrl } from "../redact.ts";
import type { SourceOptions } from "../source/source.ts";
import { adminOf } from "../sqld/sqld-admin.ts";
import { openCloudGroup } from "../turso-cloud/cloud-group.ts";
import type { CloudGroup } from "../turso-cloud/cloud-group.ts";
import type { TursoCloudDatabase } from "../turso-cloud/platform.ts";
import { fileTemplate, provisionByMigrating, provisionFile } from "./file-template.ts";
import { tenantExists } from "./provision-errors.ts";
import { serverTemplate } from "./server-template.ts";
import type { DatabaseServer } from "./server-template.ts";
import { sqldNamespaces } from "./sqld-namespaces.ts";
import { templateHash } from "./template-hash.ts";

/** What templates are made of, and where they are kept. */
export interface TemplateOptions extends SourceOptions {
  /** The folder of migrations: a path or a `file:` URL. */
  readonly dir: string | URL;
  /**
   * The folder in which templates of local tenants are kept; best on their file system, where a copy may cost nothing. Default
   * `.litefleet/templates` in the working directory. A server keeps its own, as a namespace or database `litefleet-template-…`.
   */
  readonly templates?: string;
}

/** A tenant that was made. */
export interface ProvisionedTenant {
  readonly name: string;
  /** Path or URL, without credentials. Of a database on Turso Cloud the address at which it is. */
  readonly target: string;
  /**
   * A `"copy"` of a file, a `"fork"` of a namespace, a `"branch"` of a database on Turso Cloud. `"migration"`: it has a key of its own and
   * cannot be a copy, so it was migrated.
   */
  readonly by: "copy" | "fork" | "branch" | "migration";
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
  const groups = new Map<string, Promise<CloudGroup>>();
  return {
    async hash() {
      return templateHash(await loadMigrations(options.dir, options), "sqlite");
    },
    async provision(tenant) {
      const startedAt = performance.now();
      const set = await loadMigrations(options.dir, options);
      const [resolved] = await resolveTenants({ tenants: [tenant] });
      if (resolved === undefined) throw new TypeError("Expected a tenant");
      const made = await provision(set, resolved, { templates, files, forks, groups });
      const { name, target } = resolved;
      const durationMs = Math.round(performance.now() - startedAt);
      return { name, target, ...made, version: set.migrations.at(-1)?.name, durationMs };
    },
  };
}

/**
 * Makes a new tenant with everything applied and its ledger filled in, so that `status` finds it up to date at once: a copy of a migrated
 * template (a file: by reference where the file system can; a server: a fork of its namespace, which needs `adminUrl` and `namespace`; Turso
 * Cloud: a branch, which needs `cloud` and a token of the Platform API in `TURSO_API_TOKEN`; where it is says `target` then, and not the tenant's
 * `url`). It is there as a whole or not at all, and survives a power cut once this has resolved.
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
  readonly groups: Map<string, Promise<CloudGroup>>;
}

type Made = Pick<ProvisionedTenant, "by"> & Partial<Pick<ProvisionedTenant, "target">>;

async function provision(set: MigrationSet, tenant: ResolvedTenant, known: Templates): Promise<Made> {
  const { name, path: file, config, cloud } = tenant;
  if (file !== undefined) {
    // An encrypted database is a copy of none that has another key.
    if (config.encryptionKey !== undefined) {
      await provisionByMigrating(set, file, config, name);
      return { by: "migration" };
    }
    // Whether it is there still is looked at each time: somebody may clear the folder.
    const template = await shareCall(known.files, config.engine ?? "libsql", () =>
      fileTemplate(set, known.templates, config),
    );
    await provisionFile(template, file, name);
    return { by: "copy" };
  }
  if (cloud !== undefined) return provisionOnCloud(set, tenant, cloud, known);
  const { admin, namespace } = adminOf(tenant, "a fork of a template");
  const place = tenant.adminUrl ?? "";
  await copyTemplate(set, sqldNamespaces(admin, config), { place, to: namespace, tenant: name, known: known.forks });
  return { by: "fork" };
}

async function provisionOnCloud(
  set: MigrationSet,
  { name, config }: ResolvedTenant,
  cloud: TursoCloudDatabase,
  { forks, groups }: Templates,
): Promise<Made> {
  const { org, database, baseUrl } = cloud;
  const place = JSON.stringify([org, cloud.group, baseUrl]);
  const group = await remember(groups, place, () => openCloudGroup(cloud, config));
  await copyTemplate(set, group, { place, to: database, tenant: name, known: forks });
  // It is there when it answers.
  const client = await group.open(database);
  client.close();
  return { by: "branch", target: redactUrl((await group.configOf(database)).url) };
}

/** @throws {MigrateError} `TENANT_EXISTS` */
async function copyTemplate(
  set: MigrationSet,
  server: DatabaseServer,
  {
    place,
    to,
    tenant,
    known,
  }: {
    readonly place: string;
    readonly to: string;
    readonly tenant: string;
    readonly known: Map<string, Promise<string>>;
  },
): Promise<void> {
  const key = JSON.stringify([place, templateHash(set, server.kind)]);
  const template = await remember(known, key, () => serverTemplate(set, server));
  const isMade = await server.copy(template, to).catch((error: unknown) => {
    // It may be gone: the next tenant looks for it again.
    known.delete(key);
    throw error;
  });
  if (!isMade) throw tenantExists(tenant);
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
