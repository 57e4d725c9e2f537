import { LitefleetError } from "../errors.ts";
import type { FetchFunction } from "../remote/http-transport.ts";
import { RequestFailure } from "../remote/classify.ts";
import type { TokenSource } from "../remote/token-source.ts";
import { headerStatus, readHandshake, trailerStatus } from "./replication-messages.ts";
import type { GrpcStatus, Handshake } from "./replication-messages.ts";

/** Milliseconds without a byte from the primary after which it counts as away. */
const silenceMs = 10_000;
/** gRPC's codes for a server that failed, for one that cannot answer now, and for a token that it does not take. */
const internal = 13;
const unavailable = 14;
const unauthenticated = 16;

/** How a primary is reached for syncing. */
export interface PrimaryLinkOptions {
  readonly url: URL;
  readonly tokens: TokenSource;
  readonly fetch: FetchFunction | undefined;
}

/** An answer of the primary, under a watch: when nothing comes for long, reading it fails. */
export interface WatchedResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Where the headers have one already: then there is nothing else. */
  readonly grpc: GrpcStatus | undefined;
}

/** The replication protocol's requests, with the client's own `fetch` and token. */
export class PrimaryLink {
  readonly #options: PrimaryLinkOptions;
  readonly #closing = new AbortController();

  constructor(options: PrimaryLinkOptions) {
    this.#options = options;
  }

  /** Asks where the primary's log stands: one round trip. */
  async greet(): Promise<Handshake> {
    // An empty message: no flags, no length.
    const response = await this.send("/wal_log.ReplicationLog/Hello", new Uint8Array(5), {});
    const parts: Uint8Array[] = [];
    for await (const chunk of response.chunks) parts.push(chunk);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const failure = failureOf(response.grpc ?? trailerStatus(bytes));
    if (failure !== undefined) throw failure;
    return readHandshake(bytes);
  }

  /** Sends a request. Rejects with `PRIMARY_UNREACHABLE`, `AUTH_FAILED` or `SYNC_FAILED`. */
  async send(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<WatchedResponse> {
    const { tokens } = this.#options;
    try {
      const token = await tokens.get();
      const response = await this.#fetch(path, body, headers, token);
      if (!isRefused(response) || !(await tokens.renew(token))) return accept(response);
      return accept(await this.#fetch(path, body, headers, await tokens.get()));
    } catch (error) {
      throw error instanceof RequestFailure ? error.toError(true) : error;
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #fetch(
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    token: string | undefined,
  ): Promise<WatchedResponse> {
    const { url, fetch = (request: Request) => globalThis.fetch(request) } = this.#options;
    const watch = new SilenceWatch(this.#closing.signal);
    const all = new Headers({ ...headers, "content-type": "application/grpc-web" });
    const namespace = namespaceOf(url);
    if (namespace !== undefined) all.set("x-namespace-bin", namespace);
    if (token !== undefined) {
      all.set("authorization", `Bearer ${token}`);
      all.set("x-authorization", `Bearer ${token}`);
    }
    const target = new URL(url);
    target.pathname = target.pathname.replace(/\/$/u, "") + path;
    try {
      const request = new Request(target, { method: "POST", headers: all, body: body.slice(), signal: watch.signal });
      const response = await fetch(request);
      watch.touch();
      const { status, headers: answered } = response;
      return { status, headers: answered, chunks: watched(response, watch), grpc: headerStatus(answered) };
    } catch (error) {
      watch.end();
      throw unreachable(error);
    }
  }
}

/** The error for a primary that does not answer. */
export function unreachable(cause: unknown): LitefleetError {
  if (cause instanceof LitefleetError) return cause;
  const why =
    cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : String(cause);
  return new LitefleetError(`The primary cannot be reached: ${why}`, "PRIMARY_UNREACHABLE", {
    isRetryable: true,
    cause,
  });
}

/** As the native library does: the first label of a host with more than one. A `fetch` of the user's may say otherwise. */
function namespaceOf(url: URL): string | undefined {
  const [label, ...others] = url.hostname.split(".");
  if (label === undefined || label === "" || others.length === 0) return undefined;
  return Buffer.from(label).toString("base64").replace(/=+$/u, "");
}

/**
 * Whether a snapshot that was asked for may be there soon: the primary is making it, or merging it with another, whereby the file that it
 * was about to read has gone.
 */
export function isSnapshotPending(grpc: GrpcStatus | undefined): boolean {
  return grpc?.code === unavailable || grpc?.code === internal;
}

/** Whether the primary does not know the session and has to be greeted again: it was restarted, or its settings were changed. */
export function wantsGreeting(grpc: GrpcStatus | undefined): boolean {
  return grpc?.message === "NO_HELLO";
}

/** The error that a status stands for; `undefined` for a step of the conversation, which goes on with a greeting or a snapshot. */
export function failureOf(grpc: GrpcStatus | undefined): LitefleetError | undefined {
  if (grpc === undefined || grpc.code === 0 || grpc.message === "NEED_SNAPSHOT" || wantsGreeting(grpc))
    return undefined;
  if (grpc.message === "snapshot not found") {
    return new LitefleetError("The primary is compacting its log and has no snapshot yet", "SYNC_FAILED", {
      isRetryable: true,
    });
  }
  if (grpc.message === "NAMESPACE_DOESNT_EXIST") {
    return new LitefleetError("The primary has no such namespace", "NAMESPACE_NOT_FOUND");
  }
  const isAway = grpc.code === unavailable;
  return new LitefleetError(
    `The primary refuses to replicate (gRPC status ${grpc.code}): ${grpc.message}`,
    isAway ? "PRIMARY_UNREACHABLE" : "SYNC_FAILED",
    { isRetryable: isAway || grpc.code === internal },
  );
}

function isRefused(response: WatchedResponse): boolean {
  return response.status === 401 || response.status === 403 || response.grpc?.code === unauthenticated;
}

function accept(response: WatchedResponse): WatchedResponse {
  if (isRefused(response)) throw new LitefleetError("The primary refuses the token", "AUTH_FAILED");
  if (response.status === 200) return response;
  const isAway = response.status >= 500 || response.status === 429;
  throw new LitefleetError(
    `The primary answers a sync with status ${response.status}`,
    isAway ? "PRIMARY_UNREACHABLE" : "SYNC_FAILED",
    { isRetryable: isAway },
  );
}

async function* watched(response: Response, watch: SilenceWatch): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      watch.touch();
      yield chunk;
    }
  } catch (error) {
    throw unreachable(error);
  } finally {
    watch.end();
  }
}

/** Aborts when nothing has happened for a while, or when the link closes. */
class SilenceWatch {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(closing: AbortSignal) {
    const silence = new AbortController();
    this.#timer = setTimeout(() => silence.abort(new Error(`no answer for ${silenceMs} ms`)), silenceMs);
    this.signal = AbortSignal.any([silence.signal, closing]);
  }

  touch(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
