// Says that it is ready, waits for the end of its stdin, so that several of these start at once, and prints what it applied.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, isRetryable } from "@litefleet/driver";
import type { Client, Config, LocalEngineName } from "@litefleet/driver";
import { migrate } from "../../src/index.ts";

const [dir, url, engine] = process.argv.slice(2);
if (dir === undefined || url === undefined) throw new TypeError("Expected dir, url and engine");
const namespace = process.env["SQLD_NAMESPACE"];
const send: typeof fetch = (input, init) => {
  const headers = new Headers(input instanceof Request ? input.headers : init?.headers);
  headers.set("x-namespace-bin", Buffer.from(namespace ?? "").toString("base64").replaceAll("=", ""));
  return fetch(input, { ...init, headers });
};
const engineName: LocalEngineName = engine === "sqlite" ? "sqlite" : engine === "turso" ? "turso" : "libsql";

/** Turso Database lets one process at a time into a file. */
async function open(config: Config): Promise<Client> {
  for (;;) {
    try {
      return createClient(config);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      await sleep(20);
    }
  }
}

process.stderr.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
await using client = await open({ url, ...(namespace === undefined ? { engine: engineName } : { fetch: send }) });
const { applied } = await migrate(client, { dir });
console.log(JSON.stringify(applied));
