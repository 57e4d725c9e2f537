import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openState } from "./fault-proxy-state.ts";
import type { Counter, FaultProxyRequest, FaultProxyState } from "./fault-proxy-state.ts";
import type { CorruptPoint, CutPoint, FaultCommand } from "./fault-rules.ts";
import { TestingError } from "./testing-error.ts";

/** What a fault proxy stands before. */
export interface FaultProxyOptions {
  /** URL of the server, such as `http://127.0.0.1:8080`. */
  readonly target: string;
}

/**
 * A TCP proxy before a server, which does to the traffic what networks do. Each command is in force when its call returns.
 * They fail with `STOPPED` once the proxy has been stopped.
 */
export interface FaultProxy extends AsyncDisposable {
  /** The target's URL with the proxy's host and port. */
  readonly url: string;
  /** Connections that were opened to the proxy, and bytes that passed to the server (up) and to clients (down). */
  readonly counters: Readonly<Record<Counter, number>>;
  /** Delays everything by `ms` milliseconds each way; latency, not throughput. 0 for none. */
  delay(ms: number): void;
  /** Resets all connections, and every new one until {@link heal}. */
  cut(): void;
  /** Resets the connection that passes so many bytes; once. What was let through before arrives. */
  cutAfter(point: CutPoint): void;
  /** Swallows everything without closing anything, until {@link heal}, which resets the connections that lost something. */
  blackhole(): void;
  /** Holds everything up without closing anything; {@link heal} lets it go on where it was. */
  stall(): void;
  /** Flips the bits of one byte; once. */
  corrupt(point: CorruptPoint): void;
  /** Undoes cut, cutAfter, blackhole, stall and corrupt; the delay stays. */
  heal(): void;
  /** Resets all connections and closes the port. Can be called twice. */
  stop(): Promise<void>;
}

/** Milliseconds that the proxy's thread may take to obey. */
const obeyWithinMs = 30_000;
const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "ws:": 80 };

/**
 * Starts a fault proxy on a free loopback port. It runs on a thread of its own, so that native calls which block this one
 * get through, and does not keep the program alive.
 *
 * @throws {TypeError} when `target` is not a URL with a host.
 * @example
 * await using proxy = await startFaultProxy({ target: sqld.url });
 * proxy.delay(20); // a round trip takes 40 ms longer
 * proxy.cutAfter({ direction: "response", bytes: 0 }); // the next answer is lost
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const target = parseTarget(options.target);
  const state = openState();
  const request: FaultProxyRequest = {
    target: {
      host: target.hostname.replaceAll(/^\[|\]$/gu, ""),
      port: Number(target.port) || (defaultPorts[target.protocol] ?? 443),
    },
    shared: state.shared,
  };
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`fault-proxy-worker.${ending}`, import.meta.url), {
    workerData: request,
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const [port] = (await once(worker, "message")) as [number];
  return new WorkerProxy(worker, state, proxyUrl(target, port, options.target));
}

class WorkerProxy implements FaultProxy {
  readonly url: string;
  readonly counters: Readonly<Record<Counter, number>>;
  readonly #worker: Worker;
  readonly #state: FaultProxyState;
  #commands = 0;
  #stopping: Promise<void> | undefined;

  constructor(worker: Worker, state: FaultProxyState, url: string) {
    this.url = url;
    this.#worker = worker;
    this.#state = state;
    this.counters = {
      get connections() {
        return state.read("connections");
      },
      get bytesUp() {
        return state.read("bytesUp");
      },
      get bytesDown() {
        return state.read("bytesDown");
      },
    };
    worker.unref();
  }

  delay(ms: number): void {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`A delay is 0 or more milliseconds, not ${ms}`);
    this.#command({ do: "delay", ms });
  }

  cut(): void {
    this.#command({ do: "cut" });
  }

  cutAfter(point: CutPoint): void {
    this.#command({ do: "cut-after", point: checkPoint(point) });
  }

  blackhole(): void {
    this.#command({ do: "blackhole" });
  }

  stall(): void {
    this.#command({ do: "stall" });
  }

  corrupt(point: CorruptPoint): void {
    this.#command({ do: "corrupt", point: checkPoint(point) });
  }

  heal(): void {
    this.#command({ do: "heal" });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#send({ do: "close" });
    await this.#worker.terminate();
  }

  #command(command: FaultCommand): void {
    if (this.#stopping !== undefined)
      throw new TestingError(`Cannot ${command.do}: the proxy has been stopped`, "STOPPED");
    this.#send(command);
  }

  #send(command: FaultCommand): void {
    this.#commands += 1;
    this.#worker.postMessage(command);
    if (this.#state.waitFor(this.#commands, obeyWithinMs)) return;
    throw new TestingError("The fault proxy's thread does not answer", "STOPPED");
  }
}

function parseTarget(target: string): URL {
  const url = URL.parse(target);
  if (url !== null && url.hostname !== "") return url;
  throw new TypeError(`A fault proxy's target is a URL such as "http://127.0.0.1:8080", not ${JSON.stringify(target)}`);
}

function proxyUrl(target: URL, port: number, written: string): string {
  const url = new URL(target);
  url.host = `127.0.0.1:${port}`;
  return written.endsWith("/") || url.pathname !== "/" || url.search !== "" ? url.href : url.href.replace(/\/$/u, "");
}

function checkPoint<Point extends { readonly direction: string; readonly bytes?: number }>(point: Point): Point {
  const { direction, bytes = 0 } = point;
  if (direction !== "request" && direction !== "response") {
    throw new RangeError(`direction is "request" or "response", not ${JSON.stringify(direction)}`);
  }
  if (!(Number.isSafeInteger(bytes) && bytes >= 0))
    throw new RangeError(`bytes is a whole number from 0, not ${bytes}`);
  return point;
}
