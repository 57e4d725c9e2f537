import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A request to the stand-in. */
export interface PlatformRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
}

/** A stand-in for Turso's Platform API. */
export interface PlatformStandIn extends AsyncDisposable {
  readonly baseUrl: string;
  readonly token: string;
}

/** An answer that is none. */
export class Refusal {
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string) {
    this.status = status;
    this.error = error;
  }
}

/** Turso Cloud cannot be reached from a test: this answers as its documentation says, with 404 for `undefined`. */
export async function startPlatform(answer: (request: PlatformRequest) => unknown): Promise<PlatformStandIn> {
  const token = "platform";
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isAllowed = request.headers.authorization === `Bearer ${token}`;
    const { method = "GET", url = "/" } = request;
    const body: unknown = method === "POST" ? await json(request).catch(() => undefined) : undefined;
    const ask = async (): Promise<unknown> => answer({ method, url: new URL(url, "http://localhost"), body });
    const said = isAllowed
      ? ((await ask().catch((error: unknown) => new Refusal(500, String(error)))) ?? new Refusal(404, "not found"))
      : new Refusal(401, "token is invalid");
    response.statusCode = said instanceof Refusal ? said.status : 200;
    response.end(JSON.stringify(said instanceof Refusal ? { error: said.error } : said));
  };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    token,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
