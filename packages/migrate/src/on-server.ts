import type { Client } from "@litefleet/driver";

/** Whether what the client writes goes over a network, where round trips count. */
export function isOnServer(client: Client): boolean {
  const { engine } = client.status();
  return engine === "remote" || engine === "replica";
}
