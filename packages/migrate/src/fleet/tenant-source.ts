import type { SqldNamespaces } from "./sources/sqld-namespaces.ts";
import type { TenantList } from "./sources/tenant-list.ts";
import type { TenantQuery } from "./sources/tenant-query.ts";
import type { TursoPlatform } from "./sources/turso-platform.ts";
import type { Tenant } from "./tenant.ts";

/** A tenant, or a target: a glob of files, a path or a URL. */
export type TenantOrTarget = string | Tenant;

/**
 * Where the tenants of a fleet come from.
 *
 * - targets, tenants, or a list of both: `"data/*.db"`, `[{ name: "acme", url: "file:data/acme.db" }]`;
 * - a function that gives such a list;
 * - `{ list }`: a file with a target or a JSON object a line;
 * - `{ query, database }`: a query on a control database;
 * - `{ sqld }`: the namespaces of a libSQL server;
 * - `{ turso }`: the databases of an organization on Turso Cloud.
 */
export type TenantSource =
  | TenantOrTarget
  | readonly TenantOrTarget[]
  | (() => readonly TenantOrTarget[] | Promise<readonly TenantOrTarget[]>)
  | TenantList
  | TenantQuery
  | { readonly sqld: SqldNamespaces }
  | { readonly turso: TursoPlatform };
