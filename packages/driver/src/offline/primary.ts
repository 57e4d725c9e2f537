import type { SqlValue } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { TokenSource } from "../remote/token-source.ts";
import { RequestFailure } from "../remote/classify.ts";
import type { Sql } from "./change-sql.ts";

/** How long the primary may be silent before a request is given up, in milliseconds. */
const silenceMs = 30_000;

/** How the primary is reached. */
export interface PrimaryOptions {
  readonly url: URL;
  readonly tokens: TokenSource;
  readonly fetch: ((request: Request) => Promise<Response>) | undefined;
}

/** How a batch ended: all of it, or at the step that failed, and nothing of it. */
export type BatchOutcome =
  | { readonly rows: readonly (readonly (readonly SqlValue[])[])[] }
  | { readonly failedAt: number; readonly reason: string };

/** The primary's database, over HTTP: the same protocol that `@tursodatabase/sync` speaks. */
export class Primary {
  readonly #options: PrimaryOptions;
  readonly #closing = new AbortController();
  #isReachable: boolean | undefined;

  constructor(options: PrimaryOptions) {
    this.#options = options;
  }

  /** Whether it answered when it was last asked. */
  get isReachable(): boolean | undefined {
    return this.#isReachable;
  }

  /**
   * Runs statements in one request and one transaction: all of them or none.
   *
   * @throws {LitefleetError} `PRIMARY_UNREACHABLE` if no answer came (what was sent may have been carried out), `AUTH_FAILED`,
   *   `SERVER_BUSY`, `SERVER_ERROR`.
   */
  async transaction(statements: readonly Sql[]): Promise<BatchOutcome> {
    const before = [plain("PRAGMA foreign_keys = ON"), plain("BEGIN IMMEDIATE")];
    const steps = [...before, ...statements, plain("COMMIT")].map(({ sql, args }, i) => ({
      stmt: { sql, args: args.map(encode), want_rows: true },
      condition: i === 0 ? null : { type: "ok", step: i - 1 },
    }));
    const isOpen = { type: "not", cond: { type: "is_autocommit" } };
    const rollback = { stmt: { sql: "ROLLBACK", args: [], want_rows: false }, condition: isOpen };
    const { step_results: results, step_errors: errors } = await this.#batch([...steps, rollback]);
    const failedAt = errors.findIndex((error) => error !== null && error !== undefined);
    if (failedAt >= 0) {
      const reason = errors[failedAt]?.message ?? "";
      const at = failedAt - before.length;
      if (at >= 0 && at < statements.length) return { failedAt: at, reason };
      throw new LitefleetError(`The primary could not carry out a push: ${reason}`, "SERVER_ERROR", {
        isRetryable: true,
      });
    }
    if (results[steps.length - 1] === null) throw notUnderstood("a step was left out");
    return { rows: results.slice(before.length, -2).map((result) => result?.rows.map((row) => row.map(decode)) ?? []) };
  }

  /** Reads without a transaction. */
  async read(statement: Sql): Promise<readonly (readonly SqlValue[])[]> {
    const stmt = { sql: statement.sql, args: statement.args.map(encode), want_rows: true };
    const { step_results: results, step_errors: errors } = await this.#batch([{ stmt, condition: null }]);
    const reason = errors[0]?.message;
    if (reason !== undefined) throw new LitefleetError(this.#options.tokens.redact(reason), "SERVER_ERROR");
    return results[0]?.rows.map((row) => row.map(decode)) ?? [];
  }

  /**
   * A request of the sync library: with our token, and given up when nothing comes.
   *
   * @param onWhole if given, the whole answer is fetched first and this is awaited before the library sees a byte of it.
   */
  async pass(path: string, init: RequestInit, onWhole?: (bytes: number) => Promise<void>): Promise<Response> {
    const body = init.body instanceof Uint8Array ? init.body : new Uint8Array();
    const response = await this.#post(path, body, new Headers(init.headers));
    if (onWhole === undefined) return response;
    const whole = await this.#whole(response, (answer) => answer.arrayBuffer());
    await onWhole(whole.byteLength);
    return new Response(whole, { status: response.status, headers: response.headers });
  }

  close(): void {
    this.#closing.abort(new LitefleetError("The client is closed", "CLIENT_CLOSED"));
  }

  async #batch(steps: readonly object[]): Promise<BatchResult> {
    const body = JSON.stringify({ baton: null, requests: [{ type: "batch", batch: { steps } }] });
    const headers = new Headers({ "content-type": "application/json" });
    const response = await this.#post("/v2/pipeline", new TextEncoder().encode(body), headers);
    const answer = await this.#whole(response, (whole) => whole.json());
    return batchResultOf(answer);
  }

  async #post(path: string, body: Uint8Array, headers: Headers): Promise<Response> {
    const { tokens } = this.#options;
    const token = await this.#token();
    let response = await this.#send(path, body, headers, token);
    if (response.status === 401 && (await tokens.renew(token).catch(rethrow))) {
      response = await this.#send(path, body, headers, await this.#token());
    }
    if (response.ok) return response;
    const text = await this.#whole(response, (whole) => whole.text());
    throw statusError(response.status, tokens.redact(text.slice(0, 500)));
  }

  async #send(path: string, body: Uint8Array, given: Headers, token: string | undefined): Promise<Response> {
    const { url, fetch = (request: Request) => globalThis.fetch(request) } = this.#options;
    const headers = new Headers(given);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const target = new URL(url);
    target.pathname = target.pathname.replace(/\/$/u, "") + path;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`no answer for ${silenceMs} ms`)), silenceMs);
    try {
      const signal = AbortSignal.any([this.#closing.signal, silence.signal]);
      const response = await fetch(new Request(target, { method: "POST", headers, body: body.slice(), signal }));
      this.#isReachable = true;
      // Watched to its end: each piece gives it the same time again.
      const pieces = response.body?.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(piece, controller) {
            timer.refresh();
            controller.enqueue(piece);
          },
          flush: () => clearTimeout(timer),
        }),
      );
      return new Response(pieces ?? null, { status: response.status, headers: response.headers });
    } catch (error) {
      clearTimeout(timer);
      throw this.#away(error);
    }
  }

  async #whole<T>(response: Response, read: (response: Response) => Promise<T>): Promise<T> {
    try {
      return await read(response);
    } catch (error) {
      throw this.#away(error);
    }
  }

  async #token(): Promise<string | undefined> {
    try {
      return await this.#options.tokens.get();
    } catch (error) {
      return rethrow(error);
    }
  }

  #away(cause: unknown): LitefleetError {
    if (this.#closing.signal.aborted)
      return new LitefleetError("The client was closed during the call", "CLIENT_CLOSED");
    if (cause instanceof LitefleetError) return cause;
    this.#isReachable = false;
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const why = inner instanceof Error ? inner.message : String(inner);
    return new LitefleetError(`The primary cannot be reached: ${why}`, "PRIMARY_UNREACHABLE", {
      isRetryable: true,
      cause,
    });
  }
}

interface BatchResult {
  readonly step_results: readonly ({ readonly rows: readonly (readonly Encoded[])[] } | null)[];
  readonly step_errors: readonly ({ readonly message: string } | null | undefined)[];
}

type Encoded =
  | { readonly type: "null" }
  | { readonly type: "integer"; readonly value: string }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "blob"; readonly base64: string };

function batchResultOf(answer: unknown): BatchResult {
  const [first] = (answer as { readonly results?: readonly PipelineResult[] }).results ?? [];
  if (first?.type === "ok") return first.response.result;
  throw notUnderstood(first?.error?.message ?? "it has no result");
}

type PipelineResult =
  | { readonly type: "ok"; readonly response: { readonly result: BatchResult } }
  | { readonly type: "error"; readonly error?: { readonly message: string } };

function notUnderstood(why: string): LitefleetError {
  return new LitefleetError(`The primary's answer to a push cannot be used: ${why}`, "SERVER_ERROR");
}

function plain(sql: string): Sql {
  return { sql, args: [] };
}

function encode(value: SqlValue): Encoded {
  if (value === null) return { type: "null" };
  if (typeof value === "string") return { type: "text", value };
  if (typeof value === "bigint") return { type: "integer", value: String(value) };
  if (typeof value === "number") return { type: "float", value };
  return { type: "blob", base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
}

function decode(encoded: Encoded): SqlValue {
  switch (encoded.type) {
    case "null":
      return null;
    case "integer":
      return BigInt(encoded.value);
    case "float":
    case "text":
      return encoded.value;
    case "blob":
      return new Uint8Array(Buffer.from(encoded.base64, "base64"));
  }
}

function rethrow(error: unknown): never {
  throw error instanceof RequestFailure ? error.error : error;
}

function statusError(status: number, text: string): LitefleetError {
  if (status === 401 || status === 403) return new LitefleetError("The primary refuses the token", "AUTH_FAILED");
  if (status === 429 || status === 503) {
    return new LitefleetError(`The primary asks to come back later (${status})`, "SERVER_BUSY", { isRetryable: true });
  }
  return new LitefleetError(`The primary answered with status ${status}: ${text}`, "SERVER_ERROR", {
    isRetryable: status >= 500,
  });
}
