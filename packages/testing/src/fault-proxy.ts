import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";

/** What a fault proxy stands before. */
export interface FaultProxyOptions {
  /** URL of the server, such as `http://127.0.0.1:8080`. */
  readonly target: string;
}

/** Where a connection is cut: after so many bytes of requests (to the server) or of responses (to the client). */
export interface CutPoint {
  readonly direction: "request" | "response";
  readonly bytes: number;
}

/** A TCP proxy before a server, which does to the traffic what networks do. */
export interface FaultProxy extends AsyncDisposable {
  /** The target's URL with the proxy's host and port. */
  readonly url: string;
  /** Delays everything by `ms` milliseconds each way; latency, not throughput. 0 for none. */
  delay(ms: number): void;
  /** Resets all connections, and every new one until {@link heal}. */
  cut(): void;
  /** Resets the connection that reaches this point, counted from now on; once. */
  cutAfter(point: CutPoint): void;
  /** Lets nothing through any more, without closing anything, until {@link heal}. */
  blackhole(): void;
  /** Undoes cut, cutAfter and blackhole; the delay stays. */
  heal(): void;
  /** Traffic so far. */
  readonly counters: { readonly connections: number; readonly requestBytes: number; readonly responseBytes: number };
  stop(): Promise<void>;
}

/**
 * Starts a fault proxy on a free loopback port.
 *
 * @example
 * const proxy = await startFaultProxy({ target: sqld.url });
 * proxy.delay(20); // a round trip now takes 40 ms longer
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = new URL(options.target);
  const sockets = new Set<Socket>();
  const counters = { connections: 0, requestBytes: 0, responseBytes: 0 };
  let delayMs = 0;
  let isCut = false;
  let isBlackhole = false;
  let cutPoint: { readonly direction: CutPoint["direction"]; left: number } | undefined;

  const cutAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  /** What may pass of a chunk; the cut point ends it. */
  const admit = (chunk: Buffer, direction: CutPoint["direction"]): Buffer | undefined => {
    if (direction === "request") counters.requestBytes += chunk.length;
    else counters.responseBytes += chunk.length;
    if (isBlackhole) return undefined;
    if (cutPoint?.direction !== direction) return chunk;
    cutPoint.left -= chunk.length;
    if (cutPoint.left >= 0) return chunk;
    const passing = chunk.subarray(0, Math.max(0, chunk.length + cutPoint.left));
    cutPoint = undefined;
    return passing;
  };

  const pipe = (from: Socket, to: Socket, direction: CutPoint["direction"]): void => {
    const line = new DelayLine(() => delayMs);
    from.on("data", (chunk: Buffer) => {
      const passing = admit(chunk, direction);
      if (passing === undefined) return;
      line.push(() => {
        if (passing.length > 0 && !to.destroyed) to.write(passing);
        if (passing.length < chunk.length) {
          from.resetAndDestroy();
          // What was let through is delivered before the end.
          if (!to.destroyed) to.end(() => to.destroySoon());
        }
      });
    });
    from.on("end", () => line.push(() => to.end()));
    from.on("close", () => {
      sockets.delete(from);
      line.push(() => to.destroySoon());
    });
    from.on("error", () => line.push(() => to.resetAndDestroy()));
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    counters.connections += 1;
    sockets.add(client);
    if (isCut) {
      client.on("error", () => undefined);
      client.resetAndDestroy();
      sockets.delete(client);
      return;
    }
    const upstream = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
    sockets.add(upstream);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    pipe(client, upstream, "request");
    pipe(upstream, client, "response");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const stop = async (): Promise<void> => {
    cutAll();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    url: `${target.protocol}//127.0.0.1:${port}`,
    counters,
    delay: (ms) => {
      delayMs = ms;
    },
    cut() {
      isCut = true;
      cutAll();
    },
    cutAfter: ({ direction, bytes }) => {
      cutPoint = { direction, left: bytes };
    },
    blackhole: () => {
      isBlackhole = true;
    },
    heal() {
      isCut = false;
      isBlackhole = false;
      cutPoint = undefined;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
