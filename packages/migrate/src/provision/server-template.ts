import { randomBytes } from "node:crypto";
import type { Client } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import type { MigrationSet } from "../migration.ts";
import { statusOf } from "../status.ts";
import { templateHash } from "./template-hash.ts";

/** A server of databases that can copy one to another: what sqld's namespaces and Turso Cloud's groups have in common. */
export interface DatabaseServer {
  /** Sets the templates of one apart from those of others whose names may meet. */
  readonly kind: string;
  has(name: string): Promise<boolean>;
  /** Makes an empty database. */
  create(name: string): Promise<void>;
  /** Makes `to` a copy of `from`, whole or not at all. False if there is one of that name already. */
  copy(from: string, to: string): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Whoever calls closes it. */
  open(name: string): Promise<Client>;
}

/**
 * The name of a migrated database that new ones are copied from. It is made if it is not there: under another name first, so that it
 * is whole or not there, whoever else does so at the same time.
 */
export async function serverTemplate(set: MigrationSet, server: DatabaseServer): Promise<string> {
  const template = `litefleet-template-${templateHash(set, server.kind)}`;
  if ((await server.has(template)) && (await isMigrated(set, template, server))) return template;
  const scratch = `${template}-${randomBytes(4).toString("hex")}`;
  await server.create(scratch);
  try {
    await using client = await server.open(scratch);
    await applyPending(client, set, {});
    if (!(await server.copy(scratch, template)) && !(await isMigrated(set, template, server))) {
      // Half of one, as a server may leave it that died while it copied.
      await server.remove(template);
      await server.copy(scratch, template);
    }
  } finally {
    await server.remove(scratch);
  }
  return template;
}

async function isMigrated(set: MigrationSet, template: string, server: DatabaseServer): Promise<boolean> {
  await using client = await server.open(template);
  const { state } = await statusOf(client, set, undefined);
  return state === "up-to-date";
}
