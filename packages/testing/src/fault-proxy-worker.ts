// A fault proxy's other half. It runs on a thread of its own: a native call that blocks the JS thread, as the sync of an
// embedded replica does, would otherwise wait for ever for a proxy that waits for the call.
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { FaultProxyRequest, FaultProxyState } from "./fault-proxy-state.ts";
import { openState } from "./fault-proxy-state.ts";
import type { FaultCommand } from "./fault-rules.ts";
import { FaultRules } from "./fault-rules.ts";
import { ProxiedConnection } from "./proxied-connection.ts";

const { target, shared } = workerData as FaultProxyRequest;
const state: FaultProxyState = openState(shared);
const rules = new FaultRules();
const connections = new Set<ProxiedConnection>();

const server = createServer({ allowHalfOpen: true }, (client) => {
  state.add("connections", 1);
  if (rules.isCut) {
    client.on("error", () => undefined);
    client.resetAndDestroy();
    return;
  }
  const upstream = connect({ ...target, allowHalfOpen: true });
  const connection = new ProxiedConnection(client, upstream, rules, {
    onPassed: (direction, bytes) => state.add(direction === "request" ? "bytesUp" : "bytesDown", bytes),
    onCutAll: cutAll,
    onClosed: () => connections.delete(connection),
  });
  connections.add(connection);
});

/** Resets all connections but the one that still delivers what was let through. */
function cutAll(but?: ProxiedConnection): void {
  rules.isCut = true;
  for (const connection of connections) if (connection !== but) connection.reset();
}

function obey(command: FaultCommand): void {
  switch (command.do) {
    case "delay":
      rules.delayMs = command.ms;
      break;
    case "cut":
      cutAll();
      break;
    case "cut-after":
      rules.cutAfter(command.point);
      break;
    case "corrupt":
      rules.corrupt(command.point);
      break;
    case "blackhole":
      rules.isBlackhole = true;
      break;
    case "stall":
      rules.isStalled = true;
      break;
    case "heal":
      rules.heal();
      for (const connection of connections) {
        // A stream with a hole in it would be no network's fault.
        if (connection.hasLost) connection.reset();
        else connection.release();
      }
      break;
    case "close":
      cutAll();
      server.close();
      break;
  }
}

parentPort?.on("message", (command: FaultCommand) => {
  obey(command);
  state.confirm();
});
server.once("error", (error) => {
  throw error;
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
