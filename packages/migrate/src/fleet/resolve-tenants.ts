import { realpath } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import type { Config } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { redactUrl } from "../redact.ts";
import { pathOfFileUrl } from "./file-url.ts";
import { namespaceFetch } from "./namespace-fetch.ts";
import { askFunction } from "./ask-function.ts";
import { selectTenants } from "./select-tenants.ts";
import type { TenantSelection } from "./select-tenants.ts";
import { findNamespaces } from "./sources/sqld-namespaces.ts";
import { readTenantList } from "./sources/tenant-list.ts";
import { queryTenants } from "./sources/tenant-query.ts";
import { findTursoDatabases } from "./sources/turso-platform.ts";
import { resolveTargets } from "./targets.ts";
import type { ResolvedTenant, Tenant } from "./tenant.ts";
import type { TenantOrTarget, TenantSource } from "./tenant-source.ts";

/** Which databases a fleet has: `targets`, `tenants` or both. */
export interface FleetSource {
  /** Globs of files, paths and URLs. A path that does not exist is a new tenant; a glob finds existing files only. */
  readonly targets?: string | readonly string[];
  /** A list of tenants, or where they come from. A file that does not exist is a new tenant. */
  readonly tenants?: TenantSource;
  /** Which of them. Default: all. */
  readonly select?: TenantSelection;
  /** The folder that relative paths start from. Default: the working directory. */
  readonly cwd?: string;
  /** Token for tenants on a server that have none of their own. */
  readonly authToken?: string;
  /** What runs local files. Default `"libsql"`; a tenant's own `engine` goes first. */
  readonly engine?: NonNullable<Config["engine"]>;
}

/**
 * The tenants of a fleet, in order, each name and each database once.
 *
 * @throws {MigrateError} `NO_TARGETS`, or `TARGET_INVALID` for a name or URL that cannot be.
 */
export async function resolveTenants(source: FleetSource): Promise<ResolvedTenant[]> {
  const { targets, tenants, engine, authToken, cwd = process.cwd() } = source;
  if (targets === undefined && tenants === undefined) {
    throw new MigrateError("No tenants were given. Give targets (globs, paths, URLs) or tenants.", "NO_TARGETS");
  }
  const found = tenants === undefined ? [] : checkEntries(await findTenants(tenants, cwd));
  const resolved = found.flatMap((entry) => (typeof entry === "string" ? [] : [resolveTenant(entry, cwd, authToken)]));
  const patterns = [...found.filter((entry) => typeof entry === "string"), ...listOf(targets)];
  if (patterns.length > 0) resolved.push(...(await resolveTargets(patterns, source)));
  if (resolved.length === 0) throw new MigrateError("The list of tenants is empty.", "NO_TARGETS");
  await checkUnique(resolved);
  const all = resolved.map((tenant) => {
    if (engine === undefined || tenant.path === undefined || tenant.config.engine !== undefined) return tenant;
    return { ...tenant, config: { ...tenant.config, engine } };
  });
  return source.select === undefined ? all : selectTenants(all, source.select);
}

async function findTenants(source: TenantSource, cwd: string): Promise<readonly TenantOrTarget[]> {
  if (typeof source === "string") return [source];
  if (typeof source !== "function" && (typeof source !== "object" || source === null)) {
    throw new MigrateError(`tenants cannot be ${source === null ? "null" : typeof source}.`, "TARGET_INVALID");
  }
  if (typeof source === "function") return askFunction("tenants", source);
  if (isList(source)) return source;
  if ("list" in source) return readTenantList(source, cwd);
  if ("query" in source) return queryTenants(source, cwd);
  if ("sqld" in source) return findNamespaces(source.sqld, cwd);
  if ("turso" in source) return findTursoDatabases(source.turso);
  return [source];
}

/** A configuration in JavaScript or JSON has no types. */
function checkEntries(found: readonly TenantOrTarget[]): readonly TenantOrTarget[] {
  for (const [i, entry] of found.entries()) {
    if (typeof entry === "string" || (typeof entry === "object" && entry !== null)) continue;
    throw new MigrateError(
      `Entry ${i} of the tenants is neither a target nor a tenant: ${entry === null ? "null" : typeof entry}.`,
      "TARGET_INVALID",
    );
  }
  return found;
}

// Array.isArray does not narrow a readonly array.
function isList(source: object): source is readonly TenantOrTarget[] {
  return Array.isArray(source);
}

function listOf(targets: FleetSource["targets"]): readonly string[] {
  return typeof targets === "string" ? [targets] : (targets ?? []);
}

function resolveTenant(tenant: Tenant, cwd: string, authToken: string | undefined): ResolvedTenant {
  const { name, token, tags = {}, namespace, adminUrl, cloud, ...given } = tenant;
  if (typeof name !== "string" || !/^[^\p{Cc}]+$/u.test(name)) {
    throw new MigrateError(
      `A tenant's name must be text without control characters, got ${JSON.stringify(name)}.`,
      "TARGET_INVALID",
    );
  }
  const { url } = given;
  if (typeof url !== "string" || url === "") throw new MigrateError(`Tenant ${name} has no url.`, "TARGET_INVALID");
  if (url === ":memory:" || /^file::memory:/iu.test(url)) {
    throw new MigrateError(
      `Tenant ${name} is in memory and would be gone with its client. Use migrate(client) instead.`,
      "TARGET_INVALID",
    );
  }
  // A replica's file is only a copy: its primary is what is migrated.
  const path = given.syncUrl === undefined ? pathOfFileUrl(url, cwd) : undefined;
  const config: Config = {
    ...given,
    ...(path === undefined && { authToken: given.authToken ?? token ?? authToken }),
    ...(path !== undefined && /^file:(?!\/)/iu.test(url) && { url: pathToFileURL(path).href }),
    ...(namespace !== undefined && { fetch: fetchOf(name, url, namespace) }),
  };
  const target = redactUrl(url) + (namespace === undefined ? "" : ` (${namespace})`);
  return { name, target, path, config, tags, namespace, adminUrl, cloud };
}

function fetchOf(name: string, url: string, namespace: string): typeof globalThis.fetch {
  if (/^(?:https?|libsql):/iu.test(url) && /^[^\p{Cc}]+$/u.test(namespace)) return namespaceFetch(namespace);
  throw new MigrateError(
    `Tenant ${name} has a namespace, for which its url must begin with http: or https:.`,
    "TARGET_INVALID",
  );
}

async function checkUnique(tenants: readonly ResolvedTenant[]): Promise<void> {
  const names = new Set<string>();
  const databases = new Map<string, string>();
  for (const { name, path, config, namespace } of tenants) {
    if (names.has(name))
      throw new MigrateError(`Two tenants are called ${name}. Names must be unique.`, "TARGET_INVALID");
    names.add(name);
    // A fetch of the user's own may lead the same URL elsewhere.
    if (path === undefined && config.fetch !== undefined && namespace === undefined) continue;
    const file = path === undefined ? undefined : await realpath(path).catch(() => path);
    const database = file ?? JSON.stringify([config.syncUrl ?? config.url, namespace]);
    const other = databases.get(database);
    if (other !== undefined) {
      throw new MigrateError(`The tenants ${other} and ${name} are the same database. Name it once.`, "TARGET_INVALID");
    }
    databases.set(database, name);
  }
}
