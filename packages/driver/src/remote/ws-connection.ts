import { WebSocket } from "@libsql/hrana-client";
import { LitefleetError } from "../errors.ts";
import {
  clientClosed,
  malformedAnswer,
  networkFailure,
  RequestFailure,
  serverError,
  statusFailure,
} from "./classify.ts";
import { parseMessage } from "./parse-message.ts";
import type { WireCursorEntry, WireError, WireRequest, WireBatch, WireResponse, WireResult } from "./protocol.ts";

/** The largest message that sqld takes, in bytes; a larger one makes it drop the connection, and all streams with it. */
const maxMessageBytes = 16 * 1024 * 1024;

/** A request as it goes over a WebSocket, where streams and cursors have numbers. */
export type WsRequest =
  | { readonly type: "open_stream" | "close_stream"; readonly stream_id: number }
  | { readonly type: "open_cursor"; readonly stream_id: number; readonly cursor_id: number; readonly batch: WireBatch }
  | { readonly type: "fetch_cursor"; readonly cursor_id: number; readonly max_count: number }
  | { readonly type: "close_cursor"; readonly cursor_id: number }
  | (WireRequest & { readonly stream_id: number });

/** An answer over a WebSocket. */
export type WsResponse =
  | WireResponse
  | { readonly type: "open_stream" | "close_stream" | "open_cursor" | "close_cursor" }
  | { readonly type: "fetch_cursor"; readonly entries: readonly WireCursorEntry[]; readonly done: boolean };

/** An answer over a WebSocket, or why there is none. */
export type WsResult = { readonly type: "ok"; readonly response: WsResponse } | Extract<WireResult, { type: "error" }>;

type ServerMessage =
  | { readonly type: "hello_ok" }
  | { readonly type: "hello_error"; readonly error: WireError }
  | { readonly type: "response_ok"; readonly request_id: number; readonly response: WsResponse }
  | { readonly type: "response_error"; readonly request_id: number; readonly error: WireError };

/** What we use of a WebSocket, be it the runtime's or that of the `ws` library. */
interface Socket {
  readonly protocol: string;
  send(data: string): void;
  close(): void;
  /** Of the `ws` library: ends the connection without waiting for the server, which it does for half a minute otherwise. */
  terminate?(): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: "error",
    listener: (event: { readonly error?: unknown; readonly message?: string }) => void,
  ): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

interface Waiting {
  readonly resolve: (result: WsResult) => void;
  readonly reject: (failure: RequestFailure) => void;
}

/** A WebSocket on which the server has accepted us. Many streams share it; when it breaks, all of them are lost. */
export class WsConnection {
  /** When it was opened, on the clock of `performance.now()`. */
  readonly openedAt = performance.now();
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #accepted = Promise.withResolvers<void>();
  #isAccepted = false;
  #failure: RequestFailure | undefined;
  #isRetired = false;
  #streams = 0;
  #lastId = 0;
  #onClose: (() => void) | undefined;

  private constructor(socket: Socket, token: string | undefined) {
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket.protocol === "hrana3") socket.send(JSON.stringify({ type: "hello", jwt: token ?? null }));
      else
        this.#fail(
          new LitefleetError("The server does not speak Hrana 3 over WebSocket; use its http: URL", "UNSUPPORTED"),
        );
    });
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("error", (event) => this.#break(event.error ?? new Error(event.message)));
    socket.addEventListener("close", (event) => {
      this.#onClose?.();
      this.#break(new Error(`closed with code ${event.code}${event.reason === "" ? "" : `: ${event.reason}`}`));
    });
  }

  /**
   * Connects, and waits until the server has accepted the token. Rejects with a `RequestFailure`, of no effect.
   *
   * @param onBegin is given the connection before the server has answered, so that it can be shut down.
   */
  static async open(
    url: URL,
    token: string | undefined,
    onBegin: (connection: WsConnection) => void,
  ): Promise<WsConnection> {
    const SocketClass: unknown = WebSocket;
    if (!isSocketClass(SocketClass)) {
      const message = `There is no WebSocket in this environment; use a ${url.protocol === "wss:" ? "https" : "http"}: URL`;
      throw new RequestFailure(new LitefleetError(message, "WEBSOCKETS_NOT_SUPPORTED"), "none");
    }
    let socket: Socket;
    try {
      socket = new SocketClass(url, ["hrana3"]);
    } catch (error) {
      throw new RequestFailure(networkFailure(error).error, "none");
    }
    const connection = new WsConnection(socket, token);
    onBegin(connection);
    await connection.#accepted.promise;
    return connection;
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.#isRetired;
  }

  /** A number for a stream or cursor. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Sends a request. Rejects with a `RequestFailure` if the connection breaks before the answer. */
  request(request: WsRequest): Promise<WsResult> {
    if (this.#failure !== undefined) {
      return Promise.reject(new RequestFailure(this.#failure.error, "none", false));
    }
    const id = this.nextId();
    const text = JSON.stringify({ type: "request", request_id: id, request });
    if (isTooLarge(text)) {
      // As if the server had answered so: it concerns this request only.
      const message = "The request is larger than the 16 MiB that a server takes over WebSocket; split it or use http:";
      return Promise.resolve({ type: "error", error: { message, code: "UNSUPPORTED" } });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(text);
    });
  }

  addStream(): void {
    this.#streams += 1;
  }

  removeStream(): void {
    this.#streams -= 1;
    if (this.#isRetired) this.#closeIfIdle();
  }

  /** Closes it when its last stream is closed; no more should be opened. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfIdle();
  }

  /** Gives up what is not answered, and closes the connection; after `graceMs` milliseconds also without the server's consent. */
  shutDown(graceMs: number): void {
    this.#fail(clientClosed());
    const timer = setTimeout(() => this.#socket.terminate?.(), graceMs);
    this.#onClose = () => clearTimeout(timer);
  }

  #closeIfIdle(): void {
    if (this.#streams === 0 && this.#waiting.size === 0) this.#socket.close();
  }

  #receive(data: unknown): void {
    if (this.#failure !== undefined) return;
    let message: ServerMessage;
    try {
      message = parseMessage(typeof data === "string" ? data : "", isServerMessage);
    } catch (error) {
      this.#fail(malformedAnswer(error).error);
      return;
    }
    switch (message.type) {
      case "hello_ok":
        this.#isAccepted = true;
        this.#accepted.resolve();
        return;
      case "hello_error":
        this.#fail(refusal(message.error));
        return;
      case "response_ok":
        this.#take(message.request_id)?.resolve({ type: "ok", response: message.response });
        break;
      case "response_error":
        this.#take(message.request_id)?.resolve({ type: "error", error: message.error });
        break;
      default:
        return;
    }
    if (this.#isRetired) this.#closeIfIdle();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #break(reason: unknown): void {
    const text = reason instanceof Error ? reason.message : "";
    // What the `ws` library says when the server refuses the upgrade.
    const status = /^Unexpected server response: (\d+)/.exec(text)?.[1];
    this.#fail(status === undefined ? networkFailure(reason).error : statusFailure(Number(status), "").error);
  }

  #fail(error: LitefleetError): void {
    if (this.#failure !== undefined) return;
    this.#failure = new RequestFailure(error, this.#isAccepted ? "unknown" : "none");
    this.#accepted.reject(this.#failure);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    this.#socket.close();
  }
}

function isServerMessage(value: object): value is ServerMessage {
  return "type" in value;
}

function isSocketClass(value: unknown): value is new (url: URL, protocols: string[]) => Socket {
  return typeof value === "function";
}

function isTooLarge(text: string): boolean {
  // Up to three bytes a UTF-16 unit; only what comes near the limit is worth counting.
  return text.length * 3 > maxMessageBytes && new TextEncoder().encode(text).byteLength > maxMessageBytes;
}

function refusal(error: WireError): LitefleetError {
  const said = serverError(error);
  return said.code === "SERVER_ERROR" ? new LitefleetError(error.message, "AUTH_FAILED") : said;
}
