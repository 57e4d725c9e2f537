import type { SqldServer } from "@litefleet/testing";
import { namespaceFetch } from "../src/fleet/namespace-fetch.ts";
import { Refusal, startPlatform } from "./platform-stand-in.ts";
import type { PlatformRequest, PlatformStandIn } from "./platform-stand-in.ts";

/** Turso Cloud as its documentation says, over a real libSQL server: each database is a namespace, at `<name>.test`. */
export interface CloudStandIn {
  readonly platform: PlatformStandIn;
  /** The names of what there is. */
  readonly databases: Set<string>;
  /** Finds those hosts, for who has the group's token. */
  readonly fetch: typeof globalThis.fetch;
}

const group = "eu";
const groupToken = "token of eu";

/** @param existing namespaces of the server that are databases of the group `eu` from the beginning. */
export async function startCloud(sqld: SqldServer, existing: readonly string[] = []): Promise<CloudStandIn> {
  const databases = new Set(existing);
  const platform = await startPlatform((request) => answer(sqld, databases, request));
  // A database that was just made takes a moment until it answers.
  const asked = new Set<string>();
  return {
    platform,
    databases,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const name = url.hostname.replace(/\.test$/u, "");
      if (!databases.has(name)) return new Response("not found", { status: 404 });
      if (request.headers.get("authorization") !== `Bearer ${groupToken}`) return new Response("", { status: 401 });
      if (!asked.has(name)) {
        asked.add(name);
        return new Response("not yet", { status: 404 });
      }
      const headers = new Headers(request.headers);
      headers.delete("authorization");
      const body = request.method === "POST" ? await request.text() : undefined;
      return namespaceFetch(name)(`${sqld.url}${url.pathname}`, { method: request.method, headers, body });
    },
  };
}

async function answer(
  sqld: SqldServer,
  databases: Set<string>,
  { method, url, body }: PlatformRequest,
): Promise<unknown> {
  if (url.pathname.endsWith(`/groups/${group}/auth/tokens`)) return { jwt: groupToken };
  const name = url.pathname.split("/databases/")[1];
  if (method === "GET") {
    if (url.searchParams.get("group") !== group) return { databases: [] };
    return { databases: [...databases].map((each) => ({ Name: each, Hostname: `${each}.test`, group })) };
  }
  if (method === "DELETE") {
    if (name === undefined || !databases.delete(name)) return undefined;
    await sqld.deleteNamespace(name);
    return { database: name };
  }
  const { name: to, seed } = body as { name: string; seed?: { type: string; name: string } };
  if (!/^[a-z\d-]{1,64}$/u.test(to)) return new Refusal(400, "the name cannot be");
  if (databases.has(to)) return new Refusal(409, `database with name ${to} already exists`);
  if (seed === undefined) await sqld.createNamespace(to);
  else if (seed.type === "database" && databases.has(seed.name)) await sqld.forkNamespace(seed.name, to);
  else return new Refusal(400, "there is no such seed");
  databases.add(to);
  return { database: { Name: to, DbId: to, Hostname: `${to}.test` } };
}
