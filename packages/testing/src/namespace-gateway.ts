import { createServer, request as sendRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { encodeNamespace, namespaceHeader } from "./namespace-header.ts";

/**
 * Opens a port before a libSQL server that leads to one of its namespaces: for clients which cannot send a header of
 * ours, as native embedded replicas and WebSockets cannot. Such clients name the namespace by the host's first label,
 * which needs a name server.
 *
 * @param serverPort loopback port of the server.
 * @returns the gateway's loopback port; it is open for as long as the process lives.
 */
export async function openNamespaceGateway(namespace: string, serverPort: number): Promise<number> {
  const value = encodeNamespace(namespace);
  const server = createServer((request, response) => {
    const upstream = sendRequest(
      {
        host: "127.0.0.1",
        port: serverPort,
        method: request.method,
        path: request.url,
        headers: { ...request.headers, [namespaceHeader]: value },
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.pipe(response);
        answer.once("error", () => response.destroy());
      },
    );
    // What the server does, a client sees: no answer of ours takes the place of a lost connection.
    upstream.once("error", () => response.destroy());
    response.once("close", () => upstream.destroy());
    request.pipe(upstream);
  });
  server.on("upgrade", (request: IncomingMessage, client: Socket, head: Buffer) => {
    const upstream = connect(serverPort, "127.0.0.1", () => {
      upstream.write(requestHead(request, value));
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.once("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

function requestHead(request: IncomingMessage, namespace: string): string {
  const lines = [`${request.method} ${request.url} HTTP/1.1`, `${namespaceHeader}: ${namespace}`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? "";
    if (name.toLowerCase() !== namespaceHeader) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
