import { pathToFileURL } from "node:url";
import { MigrateError } from "../errors.ts";
import type { ResolvedTenant, Tenant } from "../fleet/tenant.ts";

/** What the run ledger keeps of how a tenant is opened: nothing secret. */
interface KeptTenant extends Pick<Tenant, "name" | "url" | "syncUrl" | "engine" | "namespace" | "adminUrl" | "cloud"> {
  /** Settings that could not be kept. */
  readonly without?: readonly string[];
}

/** What is kept of a tenant, as JSON. `authToken` is the one that all tenants share, which is not missed. */
export function keepTenant(tenant: ResolvedTenant, authToken: string | undefined): string {
  const { name, path, config, namespace, adminUrl, cloud } = tenant;
  const without = [
    ...(config.fetch !== undefined && namespace === undefined ? ["fetch"] : []),
    ...(config.encryptionKey === undefined ? [] : ["encryptionKey"]),
    ...(config.authToken === undefined || config.authToken === authToken ? [] : ["authToken"]),
  ];
  const kept: KeptTenant = {
    name,
    url: path === undefined ? withoutSecrets(config.url) : pathToFileURL(path).href,
    ...(config.syncUrl !== undefined && { syncUrl: withoutSecrets(config.syncUrl) }),
    ...(config.engine !== undefined && { engine: config.engine }),
    ...(namespace !== undefined && { namespace }),
    ...(adminUrl !== undefined && { adminUrl: withoutSecrets(adminUrl) }),
    ...(cloud !== undefined && { cloud }),
    ...(without.length > 0 && { without }),
  };
  return JSON.stringify(kept);
}

/**
 * A tenant from what was kept of it; `authToken` may be missing.
 *
 * @throws {MigrateError} `TARGET_INVALID` if that is not enough to open it.
 */
export function restoreTenant(kept: string): Tenant {
  const { without = [], ...tenant } = JSON.parse(kept) as KeptTenant;
  if (without.length === 0) return tenant;
  throw new MigrateError(
    `Tenant ${tenant.name} was opened with ${without.join(" and ")}, which the run ledger does not keep. Give the tenants ` +
      `again, as they were given to the run.`,
    "TARGET_INVALID",
    { tenant: tenant.name },
  );
}

/** Two tenants with the same one are the same database. With a `fetch` of its own the URL alone does not tell. */
export function identityOf({ name, path, config, namespace }: ResolvedTenant): string {
  if (path !== undefined) return pathToFileURL(path).href;
  const url = withoutSecrets(config.syncUrl ?? config.url);
  return config.fetch === undefined ? url : `${url}#${namespace ?? name}`;
}

/** A URL without user, password, tokens and fragment; other parameters, such as `tls=0`, stay. */
function withoutSecrets(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url.replace(/[?#].*$/su, "");
  parsed.username = "";
  parsed.password = "";
  parsed.hash = "";
  const secret = parsed.searchParams.keys().filter((name) => /token|jwt|key|secret|password/iu.test(name));
  for (const name of secret.toArray()) parsed.searchParams.delete(name);
  return parsed.href;
}
