import path from "node:path";
import { MigrateError } from "../errors.ts";
import type { Tenant } from "../fleet/tenant.ts";

/** Where new tenants are made that are given by name. */
export interface Place {
  /** With `{name}` where the name stands: `data/{name}.db`, or the URL of a server of namespaces. Default: names are paths. */
  readonly into?: string;
  /** The server's admin API. */
  readonly adminUrl?: string;
  readonly authToken?: string;
  readonly engine?: Tenant["engine"];
}

/** Letters, digits, `_`, `-` and `.` (not first, last or twice in a row): nothing that could lead elsewhere. */
const plainName = /^\w(?:(?!\.\.)[\w.-]{0,126}[\w-])?$/u;

/**
 * The tenant that is made for `name`, or for a path or `file:` URL if there is no `into`.
 *
 * @throws {MigrateError} `TARGET_INVALID` for a name that cannot stand in a path or URL.
 */
export function placeOfTenant(name: string, { into, adminUrl, authToken, engine }: Place): Tenant {
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
  if (/^(?:https?|libsql):/iu.test(into)) return { name, url: into, namespace: name, adminUrl, authToken };
  if (!into.includes("{name}")) throw invalid(`${into} has no {name}, so that all tenants would be one file.`);
  return { name, url: urlOf(into.replaceAll("{name}", name)), engine };
}

function urlOf(file: string): string {
  return /^file:/iu.test(file) ? file : `file:${encodeURI(file).replaceAll("?", "%3F").replaceAll("#", "%23")}`;
}

function invalid(message: string): MigrateError {
  return new MigrateError(message, "TARGET_INVALID");
}
