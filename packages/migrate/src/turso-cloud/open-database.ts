import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@litefleet/driver";
import type { Client, Config } from "@litefleet/driver";

/** How long a database that was just made may take until it answers. */
const readyMs = 60_000;
const delayMs = 250;

/** How a database of Turso Cloud is opened that was just made, in the way of another one. */
export function configOfDatabase(hostname: string, authToken: string, config: Config): Config {
  return { ...config, url: `libsql://${hostname}`, syncUrl: undefined, authToken };
}

/** Opens a database that was just made, as soon as it answers. Whoever calls closes it. */
export async function openWhenReady(config: Config): Promise<Client> {
  const until = performance.now() + readyMs;
  for (;;) {
    const client = createClient(config);
    try {
      await client.execute("SELECT 1");
      return client;
    } catch (error) {
      client.close();
      if (performance.now() >= until) throw error;
      await sleep(delayMs);
    }
  }
}
