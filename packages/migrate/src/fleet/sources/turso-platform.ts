import { MigrateError } from "../../errors.ts";
import type { Tenant } from "../tenant.ts";

/** The databases of an organization on Turso Cloud, found by its Platform API. Needs `@tursodatabase/api` installed. */
export interface TursoPlatform {
  /** The organization's slug. */
  readonly org: string;
  /** A token of the Platform API. Default: the environment's `TURSO_API_TOKEN`. */
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
 * databases is opened, and is good for all of them. The group is the tag `group`.
 *
 * @throws {MigrateError} `TARGET_INVALID` if the API refuses, a group does not exist or the package is not installed.
 * @see https://docs.turso.tech/api-reference/databases/list
 */
export async function findTursoDatabases(platform: TursoPlatform): Promise<Tenant[]> {
  const { org, token = process.env["TURSO_API_TOKEN"], expiration = "1d", baseUrl } = platform;
  if (token === undefined || token === "") {
    throw new MigrateError("Turso Cloud needs a token of its Platform API. Set TURSO_API_TOKEN.", "TARGET_INVALID");
  }
  const { createClient } = await loadApi();
  const api = createClient({ org, token, ...(baseUrl !== undefined && { baseUrl: baseUrl.replace(/\/?$/u, "/") }) });
  const groups = platform.groups ?? (await ask("groups", () => api.groups.list())).map(({ name }) => name);
  const tenants: Tenant[] = [];
  for (const group of groups) {
    let granted: Promise<string> | undefined;
    const authToken = (): Promise<string> => {
      // Only its permissions are deprecated.
      // oxlint-disable-next-line typescript/no-deprecated
      granted ??= ask(`a token for group ${group}`, () => api.groups.createToken(group, { expiration })).then(
        ({ jwt }) => jwt,
      );
      // A token that could not be had is asked for again with the next database.
      granted.catch(() => (granted = undefined));
      return granted;
    };
    for (const { name, hostname } of await ask(`databases of group ${group}`, () => api.databases.list({ group }))) {
      tenants.push({ name, url: `libsql://${hostname}`, authToken, tags: { group } });
    }
  }
  return tenants;
}

async function loadApi() {
  try {
    return await import("@tursodatabase/api");
  } catch (cause) {
    throw new MigrateError("Tenants on Turso Cloud need its client: npm install @tursodatabase/api", "TARGET_INVALID", {
      cause,
    });
  }
}

async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new MigrateError(`Turso's Platform API did not answer with ${what}: ${text}`, "TARGET_INVALID", { cause });
  }
}
