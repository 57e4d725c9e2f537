import type { Config } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { redactUrl } from "../redact.ts";
import { pathOfFileUrl } from "./file-url.ts";
import { resolveTargets } from "./targets.ts";
import type { ResolvedTenant, Tenant } from "./tenant.ts";

/** Which databases a fleet has: `targets`, `tenants` or both. */
export interface FleetSource {
  /** Globs of files, paths and URLs. A path that does not exist is a new tenant; a glob finds existing files only. */
  readonly targets?: string | readonly string[];
  /** A list of tenants, or a function that gives it. A file that does not exist is a new tenant. */
  readonly tenants?: readonly Tenant[] | (() => Promise<readonly Tenant[]>);
  /** The folder that relative `targets` start from. Default: the working directory. */
  readonly cwd?: string;
  /** Token for `targets` on a server. */
  readonly authToken?: string;
  /** What runs local files. Default `"libsql"`; a tenant's own `engine` goes first. */
  readonly engine?: NonNullable<Config["engine"]>;
}

/**
 * The tenants of a fleet, in order, each name once.
 *
 * @throws {MigrateError} `NO_TARGETS`, or `TARGET_INVALID` for a name or URL that cannot be.
 */
export async function resolveTenants(source: FleetSource): Promise<ResolvedTenant[]> {
  const { targets, tenants, engine } = source;
  if (targets === undefined && tenants === undefined) {
    throw new MigrateError("No tenants were given. Give targets (globs, paths, URLs) or tenants.", "NO_TARGETS");
  }
  const list = typeof tenants === "function" ? await tenants() : (tenants ?? []);
  const patterns = typeof targets === "string" ? [targets] : (targets ?? []);
  const resolved = list.map(resolveTenant);
  if (patterns.length > 0) resolved.push(...(await resolveTargets(patterns, source)));
  if (resolved.length === 0) throw new MigrateError("The list of tenants is empty.", "NO_TARGETS");
  const names = new Set<string>();
  for (const { name } of resolved) {
    if (names.has(name))
      throw new MigrateError(`Two tenants are called ${name}. Names must be unique.`, "TARGET_INVALID");
    names.add(name);
  }
  return resolved.map((tenant) => {
    if (engine === undefined || tenant.path === undefined || tenant.config.engine !== undefined) return tenant;
    return { ...tenant, config: { ...tenant.config, engine } };
  });
}

function resolveTenant({ name, ...config }: Tenant): ResolvedTenant {
  if (typeof name !== "string" || !/^[^\p{Cc}]+$/u.test(name)) {
    throw new MigrateError(
      `A tenant's name must be text without control characters, got ${JSON.stringify(name)}.`,
      "TARGET_INVALID",
    );
  }
  const { url } = config;
  if (typeof url !== "string" || url === "") throw new MigrateError(`Tenant ${name} has no url.`, "TARGET_INVALID");
  if (url === ":memory:" || /^file::memory:/iu.test(url)) {
    throw new MigrateError(
      `Tenant ${name} is in memory and would be gone with its client. Use migrate(client) instead.`,
      "TARGET_INVALID",
    );
  }
  // A replica's file is only a copy: its primary is what is migrated.
  const path = config.syncUrl === undefined ? pathOfFileUrl(url, process.cwd()) : undefined;
  return { name, target: redactUrl(url), path, config };
}
