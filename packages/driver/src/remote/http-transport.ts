import { LitefleetError } from "../errors.ts";
import { networkFailure, RequestFailure, statusFailure } from "./classify.ts";
import { givenUp, throwIfGivenUp, unlessGivenUp } from "./given-up.ts";
import type { TokenSource } from "./token-source.ts";

/** A `fetch` in place of the global one. It is called with a `Request`. */
export type FetchFunction = (request: Request) => Promise<Response>;

/** What a server is reached with. */
export interface HttpTransportOptions {
  readonly tokens: TokenSource;
  readonly fetch: FetchFunction | undefined;
  readonly remoteEncryptionKey: string | undefined;
}

/** Sends requests and turns everything but a 2xx answer into a {@link RequestFailure}. */
export class HttpTransport {
  readonly #tokens: TokenSource;
  readonly #fetch: FetchFunction;
  readonly #encryptionKey: string | undefined;

  constructor(options: HttpTransportOptions) {
    this.#tokens = options.tokens;
    this.#fetch = options.fetch ?? ((request) => globalThis.fetch(request));
    this.#encryptionKey = options.remoteEncryptionKey;
  }

  /** A token that the server refuses is renewed once, if a function gives it. */
  async post(url: URL, body: string, signal: AbortSignal | undefined): Promise<Response> {
    const token = await unlessGivenUp(this.#tokens.get(), signal, "none");
    const response = await this.#post(url, body, token, signal);
    if (response.status === 401 && (await this.#tokens.renew(token))) {
      await response.body?.cancel();
      return this.#accept(await this.#post(url, body, await this.#tokens.get(), signal));
    }
    return this.#accept(response);
  }

  async #post(url: URL, body: string, token: string | undefined, signal: AbortSignal | undefined): Promise<Response> {
    throwIfGivenUp(signal);
    const headers = this.#headers(token);
    headers.set("accept-encoding", encodingFor(url));
    try {
      const request = new Request(url, { method: "POST", headers, body, signal: signal ?? null });
      // A function of the user's may not look at the signal.
      return await unlessGivenUp(this.#fetch(request), signal);
    } catch (error) {
      throw failureOf(error, signal);
    }
  }

  async #accept(response: Response): Promise<Response> {
    if (response.ok) return response;
    let body = "";
    try {
      body = await response.text();
    } catch {
      // The status alone says enough.
    }
    throw statusFailure(response.status, this.#tokens.redact(body), response.headers.get("retry-after"));
  }

  #headers(token: string | undefined): Headers {
    const headers = new Headers({ "content-type": "application/json" });
    try {
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      if (this.#encryptionKey !== undefined) headers.set("x-turso-encryption-key", this.#encryptionKey);
    } catch {
      // The runtime's own message would quote the secret.
      const message = "The authToken or remoteEncryptionKey holds a character that an HTTP header cannot carry";
      throw new RequestFailure(new LitefleetError(message, "AUTH_FAILED"), "none");
    }
    return headers;
  }
}

/**
 * How an answer may be packed. A server close by (no TLS) needs no packing, which takes a third of a small request's time; and sqld's
 * brotli, which `fetch` asks for with TLS, takes 30 ms a request. A browser decides for itself.
 */
function encodingFor({ protocol }: URL): string {
  return protocol === "http:" ? "identity" : "gzip";
}

/** What `fetch` or the reading of its answer rejected with. */
export function failureOf(error: unknown, signal: AbortSignal | undefined): RequestFailure {
  if (error instanceof RequestFailure) return error;
  return signal?.aborted === true ? givenUp(signal, "unknown") : networkFailure(error);
}
