import { MigrateError } from "../errors.ts";
import { describeCause } from "../tenant-errors.ts";

/** A database on Turso Cloud, as its Platform API knows it. Holds no token. */
export interface TursoCloudDatabase {
  /** The organization's slug. */
  readonly org: string;
  readonly database: string;
  readonly group: string;
  /** Another address of the Platform API. */
  readonly baseUrl?: string;
}

/** Turso's Platform API, as far as databases and groups go. Each call throws `TARGET_INVALID` with what it was to do. */
export interface Platform {
  groups(): Promise<string[]>;
  databasesOf(group: string): Promise<{ readonly name: string; readonly hostname: string }[]>;
  /** A token that is good for all databases of the group. */
  tokenFor(group: string, expiration: string): Promise<string>;
  /** Makes an empty database. Answers the host at which it is; `undefined` if there is one of that name already. */
  create(database: string, group: string): Promise<string | undefined>;
  /** Makes `to` a copy of `from`, whole or not at all. Answers as `create` does. */
  branch(from: string, to: string, group: string): Promise<string | undefined>;
  /** False if there was none. */
  remove(database: string): Promise<boolean>;
}

/**
 * Opens it, with the client of Turso that the user has installed. `token` is by default the environment's `TURSO_API_TOKEN`.
 *
 * @throws {MigrateError} `TARGET_INVALID` without a token or `@tursodatabase/api`.
 * @see https://docs.turso.tech/api-reference
 */
export async function openPlatform(
  place: { readonly org: string; readonly baseUrl?: string },
  token = process.env["TURSO_API_TOKEN"],
): Promise<Platform> {
  if (token === undefined || token === "") {
    throw new MigrateError("Turso Cloud needs a token of its Platform API. Set TURSO_API_TOKEN.", "TARGET_INVALID");
  }
  const { createClient } = await loadApi();
  const { org, baseUrl } = place;
  const api = createClient({ org, token, ...(baseUrl !== undefined && { baseUrl: baseUrl.replace(/\/?$/u, "/") }) });
  return {
    groups: async () => (await ask("list the groups", () => api.groups.list())).map(({ name }) => name),
    databasesOf: (group) => ask(`list the databases of group ${group}`, () => api.databases.list({ group })),
    tokenFor: async (group, expiration) => {
      // Only its permissions are deprecated.
      // oxlint-disable-next-line typescript/no-deprecated
      const made = await ask(`make a token for group ${group}`, () => api.groups.createToken(group, { expiration }));
      return made.jwt;
    },
    create: async (database, group) => {
      const made = await ask(`make database ${database}`, () => unless(409, api.databases.create(database, { group })));
      return made?.hostname;
    },
    branch: async (from, to, group) => {
      const seed = { type: "database" as const, name: from };
      const made = await ask(`branch ${to} off database ${from}`, () =>
        unless(409, api.databases.create(to, { group, seed })),
      );
      return made?.hostname;
    },
    remove: async (database) =>
      (await ask(`delete database ${database}`, () =>
        unless(
          404,
          api.databases.delete(database).then(() => true),
        ),
      )) === true,
  };
}

async function loadApi() {
  try {
    return await import("@tursodatabase/api");
  } catch (cause) {
    throw new MigrateError("Turso Cloud needs its client: npm install @tursodatabase/api", "TARGET_INVALID", { cause });
  }
}

/** `undefined` where the API refuses with this status. */
async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status === status) return undefined;
    throw error;
  }
}

async function ask<T>(what: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (cause) {
    throw new MigrateError(`Turso's Platform API could not ${what}: ${describeCause(cause)}.`, "TARGET_INVALID", {
      cause,
    });
  }
}
