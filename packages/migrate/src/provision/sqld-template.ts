import { randomBytes } from "node:crypto";
import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { applyPending } from "../apply.ts";
import { namespaceFetch } from "../fleet/namespace-fetch.ts";
import type { MigrationSet } from "../migration.ts";
import { statusOf } from "../status.ts";
import type { SqldAdmin } from "../sqld/sqld-admin.ts";
import { templateHash } from "./template-hash.ts";

/**
 * The name of a migrated namespace that new ones are forked from. It is made if it is not there: under another name first, so that it
 * is whole or not there, whoever else does so at the same time.
 */
export async function sqldTemplate(set: MigrationSet, admin: SqldAdmin, config: Config): Promise<string> {
  const template = `litefleet-template-${templateHash(set, "sqld")}`;
  if ((await admin.configOf(template)) !== undefined && (await isMigrated(set, template, config))) return template;
  const scratch = `${template}-${randomBytes(4).toString("hex")}`;
  await admin.create(scratch);
  try {
    await using client = clientOf(scratch, config);
    await applyPending(client, set, {});
    if (!(await admin.fork(scratch, template)) && !(await isMigrated(set, template, config))) {
      // Half of one, as a server may leave it that died while it forked.
      await admin.remove(template);
      await admin.fork(scratch, template);
    }
  } finally {
    await admin.remove(scratch);
  }
  return template;
}

async function isMigrated(set: MigrationSet, namespace: string, config: Config): Promise<boolean> {
  await using client = clientOf(namespace, config);
  const { state } = await statusOf(client, set, undefined);
  return state === "up-to-date";
}

function clientOf(namespace: string, config: Config): ReturnType<typeof createClient> {
  return createClient({ ...config, fetch: namespaceFetch(namespace) });
}
