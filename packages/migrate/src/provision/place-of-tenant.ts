import path from "node:path";
import { MigrateError } from "../errors.ts";
import type { Tenant } from "../fleet/tenant.ts";

/** Where new tenants are made that are given by name. */
export interface Place {
  /**
   * With `{name}` where the name stands: `data/{name}.db`; or the URL of a server of namespaces; or `turso:ORG/GROUP`, a group on Turso
   * Cloud. Default: names are paths.
   */
  readonly into?: string;
  /** The server's admin API. */
  readonly adminUrl?: string;
  readonly authToken?: string;
  readonly engine?: Tenant["engine"];
  /** Another address of Turso's Platform API. */
  readonly baseUrl?: string;
}

/** Letters, digits, `_`, `-` and `.` (not first, last or twice in a row): nothing that could lead elsewhere. */
const plainName = /^\w(?:(?!\.\.)[\w.-]{0,126}[\w-])?$/u;

/** What Turso Cloud takes for a database. */
const cloudName = /^[a-z\d](?:[a-z\d-]{0,62}[a-z\d])?$/u;

/**
 * The tenant that is made for `name`, or for a path or `file:` URL if there is no `into`.
 *
 * @throws {MigrateError} `TARGET_INVALID` for a name that cannot stand in a path or URL.
 */
export function placeOfTenant(name: string, { into, adminUrl, authToken, engine, baseUrl }: Place): Tenant {
  if (into === undefined) {
    if (/^file:/iu.test(name)) return { name: path.parse(name).name, url: name, engine };
    const scheme = /^([a-z][a-z\d+.-]+):/iu.exec(name)?.[1];
    if (name !== "" && scheme === undefined) return { name: path.parse(name).name, url: urlOf(name), engine };
    throw invalid(
      `${JSON.stringify(name)} is no path. For a server say --into URL and --admin-url URL, and give names.`,
    );
  }
  if (!plainName.test(name) || name.includes("..")) {
    throw invalid(`A tenant's name has letters, digits, "_", "-" and ".", got ${JSON.stringify(name)}.`);
  }
  if (/^turso:/iu.test(into)) return placeOnCloud(name, into, baseUrl);
  if (/^(?:https?|libsql):/iu.test(into)) return { name, url: into, namespace: name, adminUrl, authToken };
  if (!into.includes("{name}")) throw invalid(`${into} has no {name}, so that all tenants would be one file.`);
  return { name, url: urlOf(into.replaceAll("{name}", name)), engine };
}

function placeOnCloud(name: string, into: string, baseUrl: string | undefined): Tenant {
  const [, org, group] = /^turso:([\w-]+)\/([\w-]+)$/iu.exec(into) ?? [];
  if (org === undefined || group === undefined) {
    throw invalid(`${into} names no group of Turso Cloud. Write turso:ORGANIZATION/GROUP.`);
  }
  if (!cloudName.test(name)) {
    throw invalid(
      `A database on Turso Cloud has small letters, digits and "-" in its name, at most 64, got ${JSON.stringify(name)}.`,
    );
  }
  const cloud = { org, database: name, group, ...(baseUrl !== undefined && { baseUrl }) };
  // The address is known when it has been made.
  return { name, url: `libsql://${name}-${org}.turso.io`, cloud };
}

function urlOf(file: string): string {
  return /^file:/iu.test(file) ? file : `file:${encodeURI(file).replaceAll("?", "%3F").replaceAll("#", "%23")}`;
}

function invalid(message: string): MigrateError {
  return new MigrateError(message, "TARGET_INVALID");
}
