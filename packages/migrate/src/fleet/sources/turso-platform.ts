import { isOwnCopy } from "../own-copies.ts";
import { openPlatform } from "../../turso-cloud/platform.ts";
import type { Tenant } from "../tenant.ts";

/** The databases of an organization on Turso Cloud, found by its Platform API. Needs `@tursodatabase/api` installed. */
export interface TursoPlatform {
  /** The organization's slug. */
  readonly org: string;
  /** A token of the Platform API. Default: the environment's `TURSO_API_TOKEN`, which backups need in any case. */
  readonly token?: string;
  /** Only these groups. Default: all. */
  readonly groups?: readonly string[];
  /** How long the tokens for the databases are good, as the Platform API writes it. Default `"1d"`; a run must end before. */
  readonly expiration?: string;
  /** Another address of the Platform API. */
  readonly baseUrl?: string;
}

/**
 * Its databases, group by group: the API answers one group's in one piece. Each group's token is made when the first of its
 * databases is opened, and is good for all of them. The group is the tag `group`. What we have made beside tenants, such as backups, is left
 * out.
 *
 * @throws {MigrateError} `TARGET_INVALID` if the API refuses, a group does not exist or the package is not installed.
 * @see https://docs.turso.tech/api-reference/databases/list
 */
export async function findTursoDatabases(given: TursoPlatform): Promise<Tenant[]> {
  const { org, token, expiration = "1d", baseUrl } = given;
  const platform = await openPlatform({ org, baseUrl }, token);
  const tenants: Tenant[] = [];
  for (const group of given.groups ?? (await platform.groups())) {
    let granted: Promise<string> | undefined;
    const authToken = (): Promise<string> => {
      granted ??= platform.tokenFor(group, expiration);
      // A token that could not be had is asked for again with the next database.
      granted.catch(() => (granted = undefined));
      return granted;
    };
    for (const { name, hostname } of await platform.databasesOf(group)) {
      if (isOwnCopy(name)) continue;
      const cloud = { org, database: name, group, ...(baseUrl !== undefined && { baseUrl }) };
      tenants.push({ name, url: `libsql://${hostname}`, authToken, tags: { group }, cloud });
    }
  }
  return tenants;
}
