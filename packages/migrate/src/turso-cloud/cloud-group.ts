import type { Client, Config } from "@litefleet/driver";
import { MigrateError } from "../errors.ts";
import { configOfDatabase, openWhenReady } from "./open-database.ts";
import { openPlatform } from "./platform.ts";
import type { TursoCloudDatabase } from "./platform.ts";

/** How long the token for a database that was made is good, as the Platform API writes it. */
const expiration = "1d";

/** The databases of a group on Turso Cloud, for what copies them. */
export interface CloudGroup {
  readonly kind: string;
  has(name: string): Promise<boolean>;
  create(name: string): Promise<void>;
  /** Makes `to` a branch of `from`, whole or not at all. False if the organization has one of that name already. */
  copy(from: string, to: string): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** How a database that was made or found here is opened. */
  configOf(name: string): Promise<Config>;
  /** Opens it as soon as it answers. Whoever calls closes it. */
  open(name: string): Promise<Client>;
}

/**
 * Opens the group that a database is in, or is to be in.
 *
 * @param config what the group's databases are opened with, save URL and token.
 * @throws {MigrateError} `TARGET_INVALID` without a token of the Platform API (`TURSO_API_TOKEN`) or its client.
 */
export async function openCloudGroup(cloud: TursoCloudDatabase, config: Config): Promise<CloudGroup> {
  const { group } = cloud;
  const platform = await openPlatform(cloud);
  const hosts = new Map<string, string>();
  const keep = (name: string, host: string | undefined): boolean => {
    if (host !== undefined) hosts.set(name, host);
    return host !== undefined;
  };
  const find = async (name: string): Promise<string | undefined> => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    for (const found of await platform.databasesOf(group)) hosts.set(found.name, found.hostname);
    return hosts.get(name);
  };
  const configOf = async (name: string): Promise<Config> => {
    const host = await find(name);
    if (host === undefined) throw new MigrateError(`Group ${group} has no database ${name}.`, "TARGET_INVALID");
    return configOfDatabase(host, await platform.tokenFor(group, expiration), config);
  };
  return {
    // Names are unique in the organization, and a copy has to be in the group of what it is made from.
    kind: `turso-cloud ${group}`,
    has: async (name) => (await find(name)) !== undefined,
    create: async (name) => {
      keep(name, await platform.create(name, group));
    },
    copy: async (from, to) => keep(to, await platform.branch(from, to, group)),
    remove: async (name) => {
      hosts.delete(name);
      await platform.remove(name);
    },
    configOf,
    open: async (name) => openWhenReady(await configOf(name)),
  };
}
