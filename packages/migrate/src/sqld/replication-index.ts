import type { Config } from "@litefleet/driver";
import { namespaceFetch } from "../fleet/namespace-fetch.ts";

/**
 * How long the log of a namespace is: it grows with every commit. `undefined` for a server that does not say.
 *
 * @see https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md
 */
export async function replicationIndexOf(namespace: string, { authToken, url }: Config): Promise<string | undefined> {
  const token = typeof authToken === "function" ? await authToken() : authToken;
  const base = url.replace(/^libsql:/iu, "https:").replace(/[?#].*$/su, "");
  const response = await namespaceFetch(namespace)(
    new URL("v2/pipeline", base.endsWith("/") ? base : `${base}/`).href,
    {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ requests: [{ type: "execute", stmt: { sql: "SELECT 1" } }, { type: "close" }] }),
    },
  );
  const found = /"replication_index":\s*"?(\d+)/u.exec(await response.text());
  return found?.[1];
}
