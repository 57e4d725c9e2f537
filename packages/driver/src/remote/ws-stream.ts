import { clientClosed, malformedAnswer, RequestFailure, serverError } from "./classify.ts";
import { throwIfGivenUp, unlessGivenUp } from "./given-up.ts";
import type { WireBatch, WireCursorEntry, WireRequest, WireResult } from "./protocol.ts";
import type { HranaCursor, HranaStream, SendOptions, StreamSource } from "./stream.ts";
import type { TokenSource } from "./token-source.ts";
import { WsConnection } from "./ws-connection.ts";
import type { WsResult } from "./ws-connection.ts";

/** After so many milliseconds a connection is replaced, so that clients spread again over servers that come and go. */
const maxAgeMs = 60_000;

/** How long a server may take to agree to the end of a connection, in milliseconds. */
const closingGraceMs = 1_000;

/** Entries asked for at once. */
const fetchSize = 500;

/** Opens streams over one WebSocket, which is opened with the first of them and again when it breaks or grows old. */
export class WsSource implements StreamSource {
  readonly #url: URL;
  readonly #tokens: TokenSource;
  readonly #open = new Set<HranaStream>();
  #connection: WsConnection | undefined;
  #connecting: Promise<WsConnection> | undefined;
  /** What waits for the server to accept it. */
  #unaccepted: WsConnection | undefined;
  #isClosed = false;
  readonly #closed = Promise.withResolvers<never>();

  constructor(url: URL, tokens: TokenSource) {
    this.#closed.promise.catch(() => undefined);
    this.#url = url;
    this.#tokens = tokens;
  }

  get openStreams(): number {
    return this.#open.size;
  }

  openStream(): HranaStream {
    const stream = new WsStream(
      () => this.#connect(),
      () => this.#open.delete(stream),
    );
    this.#open.add(stream);
    return stream;
  }

  close(): void {
    this.#isClosed = true;
    this.#closed.reject(new RequestFailure(clientClosed(), "none"));
    this.#connection?.shutDown(closingGraceMs);
    this.#unaccepted?.shutDown(closingGraceMs);
  }

  #connect(): Promise<WsConnection> {
    if (this.#isClosed) return Promise.reject(new RequestFailure(clientClosed(), "none"));
    const connection = this.#connection;
    if (connection === undefined || !connection.isUsable) return this.#reconnect();
    if (performance.now() - connection.openedAt > maxAgeMs) this.#reconnect().catch(() => undefined);
    return Promise.resolve(connection);
  }

  #reconnect(): Promise<WsConnection> {
    this.#connecting ??= Promise.race([this.#openConnection(), this.#closed.promise]).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #openConnection(): Promise<WsConnection> {
    try {
      const connection = await this.#authenticate();
      this.#connection?.retire();
      this.#connection = connection;
      return connection;
    } finally {
      this.#unaccepted = undefined;
    }
  }

  /** A token that the server refuses is renewed once, if a function gives it. */
  async #authenticate(): Promise<WsConnection> {
    const token = await this.#tokens.get();
    try {
      return await this.#accepted(token);
    } catch (error) {
      const isRefused = error instanceof RequestFailure && error.error.code === "AUTH_FAILED";
      if (!isRefused || !(await this.#tokens.renew(token))) throw error;
      return this.#accepted(await this.#tokens.get());
    }
  }

  #accepted(token: string | undefined): Promise<WsConnection> {
    if (this.#isClosed) throw new RequestFailure(clientClosed(), "none");
    return WsConnection.open(this.#url, token, (connection) => {
      this.#unaccepted = connection;
    });
  }
}

interface OpenStream {
  readonly connection: WsConnection;
  readonly id: number;
}

class WsStream implements HranaStream {
  /** None: over WebSocket texts are stored for all streams of a connection, and would have to be shared out. */
  readonly maxStoredTexts = 0;
  readonly #connect: () => Promise<WsConnection>;
  readonly #onClose: () => void;
  #opened: Promise<OpenStream> | undefined;
  #cursorEnded: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isClosedOnServer = false;

  constructor(connect: () => Promise<WsConnection>, onClose: () => void) {
    this.#connect = connect;
    this.#onClose = onClose;
  }

  async send(requests: readonly WireRequest[], options: SendOptions = {}): Promise<readonly WireResult[]> {
    const { connection, id } = await this.#ready(options.signal);
    const answers = requests.map((request) => connection.request({ ...request, stream_id: id }));
    if (options.isLast === true) this.#closeOnServer();
    const results = await unlessGivenUp(Promise.all(answers), options.signal);
    return results.map((result, i) => asWireResult(result, requests[i]!.type));
  }

  async openCursor(batch: WireBatch, options: SendOptions = {}): Promise<HranaCursor> {
    const { connection, id } = await this.#ready(options.signal);
    const cursorId = connection.nextId();
    const request = { type: "open_cursor", stream_id: id, cursor_id: cursorId, batch } as const;
    const answer = await unlessGivenUp(connection.request(request), options.signal);
    // To fetch from a cursor that was refused would make the server close the connection.
    if (answer.type === "error") throw new RequestFailure(serverError(answer.error), "none");
    const cursor = new WsCursor(connection, cursorId, options.signal);
    this.#cursorEnded = cursor.ended;
    return cursor;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    this.#closeOnServer();
  }

  #closeOnServer(): void {
    if (this.#isClosedOnServer) return;
    this.#isClosedOnServer = true;
    this.#opened?.then(
      ({ connection, id }) => {
        connection.request({ type: "close_stream", stream_id: id }).catch(() => undefined);
        connection.removeStream();
      },
      () => undefined,
    );
  }

  async #ready(signal: AbortSignal | undefined): Promise<OpenStream> {
    this.#opened ??= this.#openStream();
    const opened = await unlessGivenUp(this.#opened, signal, "none");
    await this.#cursorEnded;
    throwIfGivenUp(signal);
    return opened;
  }

  async #openStream(): Promise<OpenStream> {
    const connection = await this.#connect();
    const id = connection.nextId();
    connection.addStream();
    // Requests follow at once; should it be refused, they are too.
    connection.request({ type: "open_stream", stream_id: id }).catch(() => undefined);
    return { connection, id };
  }
}

class WsCursor implements HranaCursor {
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #connection: WsConnection;
  readonly #id: number;
  readonly #signal: AbortSignal | undefined;
  /** The next entries are asked for before they are wanted, which hides the round trip. */
  #ahead: Promise<WsResult>;
  #isDone = false;

  constructor(connection: WsConnection, id: number, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#id = id;
    this.#signal = signal;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
    this.#ahead = this.#fetch();
  }

  async next(): Promise<readonly WireCursorEntry[] | undefined> {
    if (this.#isDone) return undefined;
    const answer = await unlessGivenUp(this.#ahead, this.#signal);
    if (answer.type === "error") throw new RequestFailure(serverError(answer.error), "unknown");
    const { response } = answer;
    if (response.type !== "fetch_cursor") throw malformedAnswer(undefined);
    if (response.done) this.close();
    else this.#ahead = this.#fetch();
    return response.entries;
  }

  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#connection.request({ type: "close_cursor", cursor_id: this.#id }).catch(() => undefined);
    this.#end();
  }

  #fetch(): Promise<WsResult> {
    const answer = this.#connection.request({ type: "fetch_cursor", cursor_id: this.#id, max_count: fetchSize });
    answer.catch(() => undefined);
    return answer;
  }
}

function asWireResult(result: WsResult, requested: WireRequest["type"]): WireResult {
  if (result.type === "error") return result;
  const { response } = result;
  if (response.type !== requested) throw malformedAnswer(undefined);
  switch (response.type) {
    case "execute":
    case "batch":
    case "describe":
    case "get_autocommit":
    case "store_sql":
    case "close":
      return { type: "ok", response };
    default:
      throw malformedAnswer(undefined);
  }
}
