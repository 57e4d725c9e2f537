import { createClient } from "@litefleet/driver";
import type { Config } from "@litefleet/driver";
import { namespaceFetch } from "../fleet/namespace-fetch.ts";
import type { SqldAdmin } from "../sqld/sqld-admin.ts";
import type { DatabaseServer } from "./server-template.ts";

/** The namespaces of a libSQL server; `config` says how it is reached. */
export function sqldNamespaces(admin: SqldAdmin, config: Config): DatabaseServer {
  return {
    kind: "sqld",
    has: async (name) => (await admin.configOf(name)) !== undefined,
    create: async (name) => {
      await admin.create(name);
    },
    copy: (from, to) => admin.fork(from, to),
    remove: async (name) => {
      await admin.remove(name);
    },
    open: async (name) => createClient({ ...config, fetch: namespaceFetch(name) }),
  };
}
