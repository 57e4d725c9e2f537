import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RunReader } from "../run/run-reader.ts";
import { createPage } from "./page-html.ts";
import type { Page } from "./page-html.ts";
import { RunFeed } from "./run-feed.ts";

/** Options of {@link serveDashboard}. */
export interface DashboardOptions {
  /** Where the runs are. Stays open when the dashboard closes. */
  readonly reader: RunReader;
  /** The run that is shown if the address names none. Default the newest, and each newer one when it begins. */
  readonly run?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Hears of failures to read the ledger. */
  readonly onError: (error: unknown) => void;
}

/** A dashboard that is served. */
export interface Dashboard extends AsyncDisposable {
  readonly url: string;
  close(): Promise<void>;
}

const host = "127.0.0.1";
const keepAliveMs = 15_000;

/**
 * Serves the dashboard to browsers of this machine, and to nobody else: it listens on 127.0.0.1 alone, and answers only requests that
 * call it by that name, so that no other page can have a name of its own lead here (DNS rebinding).
 *
 * @throws the system's error if the port is taken.
 */
export async function serveDashboard({
  reader,
  run = "latest",
  port = 0,
  onError,
}: DashboardOptions): Promise<Dashboard> {
  const page = await createPage();
  const feeds = new Map<string, RunFeed>();
  const feedOf = (id: string): RunFeed => {
    for (const [other, known] of feeds) if (!known.isUsed) feeds.delete(other);
    const feed = feeds.get(id) ?? new RunFeed(reader, id);
    feeds.set(id, feed);
    return feed;
  };
  const server = createServer((request, response) => {
    try {
      answer(request, response, page, (id) => feedOf(id ?? run), onError);
    } catch (error) {
      onError(error);
      response.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const address = server.address();
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  const listening = typeof address === "object" && address !== null ? address.port : port;
  return { url: `http://${host}:${listening}/`, close, [Symbol.asyncDispose]: close };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  page: Page,
  feedOf: (id: string | undefined) => RunFeed,
  onError: (error: unknown) => void,
): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cache-Control", "no-store");
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  const port = request.socket.localPort;
  const names = [`${host}:${port}`, `localhost:${port}`];
  if (port === 80) names.push(host, "localhost");
  if (!names.includes((request.headers.host ?? "").toLowerCase())) {
    refuse(403, "The dashboard answers only to 127.0.0.1 and localhost.");
    return;
  }
  // A page of somebody else could not read the answer; it is not to make work either.
  const from = request.headers["sec-fetch-site"];
  const isNavigation = request.headers["sec-fetch-mode"] === "navigate";
  if (from !== undefined && from !== "same-origin" && from !== "none" && !isNavigation) {
    refuse(403, "The dashboard answers only to its own page.");
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    refuse(405, "Only GET.");
    return;
  }
  const url = URL.parse(request.url ?? "/", `http://${host}`);
  if (url?.pathname === "/") {
    response.setHeader("Content-Security-Policy", `${page.policy}; frame-ancestors 'none'`);
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page.html);
  } else if (url?.pathname === "/events" && request.method === "GET") {
    sendEvents(response, feedOf(url.searchParams.get("run") ?? undefined), onError);
  } else {
    refuse(404, "Nothing is here.");
  }
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
function sendEvents(response: ServerResponse, feed: RunFeed, onError: (error: unknown) => void): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write("retry: 1000\n\n");
  const keepAlive = setInterval(() => response.write(": still there\n\n"), keepAliveMs);
  const stop = feed.subscribe({
    onMessage: ({ type, data }) => {
      // A page that does not keep up gets everything anew when it asks again.
      if (response.writableLength > 64 * 1024 * 1024) response.destroy();
      else response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    onError: (error) => {
      onError(error);
      response.destroy();
    },
  });
  response.on("close", () => {
    clearInterval(keepAlive);
    stop();
  });
}
