import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LitefleetError } from "../errors.ts";
import type { Handshake } from "./replication-messages.ts";
import { sleep } from "../waiting.ts";
import { failureOf, isSnapshotPending, unreachable, wantsGreeting } from "./primary-link.ts";
import type { PrimaryLink, WatchedResponse } from "./primary-link.ts";
import { noFrames, readNextFrame } from "./replication-messages.ts";

const forwarded = ["x-session-token", "x-libsql-client-version"] as const;
/** How long the primary has for a snapshot that it lacks while it compacts its log, and the pause before it is asked again. */
const snapshotMs = 5_000;
const snapshotPauseMs = 100;

/**
 * Stands on a loopback port between the native library and the primary. The library waits for a primary for ever and holds its
 * thread, knows one token, and tells nothing of what it does: here a silent primary is given up, tokens are renewed, bytes are
 * counted, and a log other than the copy's is found out before it reaches the copy.
 */
export class Relay {
  /** The relays that listen: when the process exits amid a sync, the library must not wait for them. */
  static readonly #open = new Set<Relay>();
  static #isWatchingExit = false;
  /** What the library has to show, so that no other program of this machine gets to use our token. */
  readonly secret = randomUUID();
  readonly #link: PrimaryLink;
  readonly #onBytes: (count: number) => void;
  #server: Server | undefined;
  #listening: Promise<string> | undefined;
  #handshake: Handshake | undefined;
  #failure: LitefleetError | undefined;
  #hasEnough: (nextFrame: number) => boolean = () => false;
  #isGreetedAgain = false;

  constructor(link: PrimaryLink, onBytes: (count: number) => void) {
    this.#link = link;
    this.#onBytes = onBytes;
  }

  /** Where it listens; from the first call on. */
  get url(): Promise<string> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /** The last answer to a greeting; the library gets it instead of one of its own. */
  get handshake(): Handshake | undefined {
    return this.#handshake;
  }

  /** Whether a request has failed since {@link takeFailure}. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** Why the last request failed, if it did; asking takes it away. */
  takeFailure(): LitefleetError | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  /**
   * A sync begins: tells from which frame on the copy has what it is to bring. Without an end the library would follow a primary that writes
   * faster than it reads for ever.
   */
  endWhen(hasEnough: (nextFrame: number) => boolean): void {
    this.#hasEnough = hasEnough;
    this.#isGreetedAgain = false;
  }

  async greet(): Promise<Handshake> {
    this.#handshake = undefined;
    this.#handshake = await this.#link.greet();
    return this.#handshake;
  }

  close(): void {
    Relay.#open.delete(this);
    this.#link.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #listen(): Promise<string> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    if (!Relay.#isWatchingExit) process.once("exit", Relay.#closeAll);
    Relay.#isWatchingExit = true;
    Relay.#open.add(this);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    server.unref();
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = request.url ?? "";
      const token = request.headers["x-authorization"] ?? request.headers.authorization;
      // The library asks /info for a kind of sync that we do not use.
      if (token !== `Bearer ${this.secret}` || path === "/info") {
        response.writeHead(404).end();
      } else if (path.endsWith("/Hello") && this.#handshake !== undefined) {
        response.writeHead(200, { "content-type": "application/grpc-web+proto" }).end(this.#handshake.bytes);
      } else {
        const body = await bodyOf(request);
        if (path.endsWith("/BatchLogEntries") && this.#hasEnough(readNextFrame(body))) {
          response.writeHead(200, { "content-type": "application/grpc-web+proto" }).end(noFrames());
        } else {
          await this.#forward(path, request, body, response);
        }
      }
    } catch (error) {
      this.#failure ??= unreachable(error);
      response.destroy();
    }
  }

  async #forward(path: string, request: IncomingMessage, body: Uint8Array, response: ServerResponse): Promise<void> {
    const headers: Record<string, string> = {};
    for (const name of forwarded) {
      const value = request.headers[name];
      if (typeof value === "string") headers[name] = value;
    }
    const answer = await this.#send(path, body, headers);
    if (wantsGreeting(answer.grpc)) await this.#greetAgain();
    this.#failure ??= failureOf(answer.grpc);
    const status = answer.headers.get("grpc-status");
    response.writeHead(200, {
      "content-type": answer.headers.get("content-type") ?? "application/grpc-web+proto",
      ...(status === null ? {} : { "grpc-status": status, "grpc-message": answer.headers.get("grpc-message") ?? "" }),
    });
    for await (const chunk of answer.chunks) {
      this.#onBytes(chunk.length);
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  }

  /** The session of the last greeting is over, as after a restart. The library greets then, again and again: we answer with a new one, once. */
  async #greetAgain(): Promise<void> {
    const before = this.#handshake;
    const now = this.#isGreetedAgain ? undefined : await this.greet();
    this.#isGreetedAgain = true;
    if (now === undefined || now.epoch !== before?.epoch) {
      throw new LitefleetError("The primary was started again during the sync", "SYNC_FAILED", { isRetryable: true });
    }
  }

  /** Sends a request, again while the snapshot that it asks for is being made. */
  async #send(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<WatchedResponse> {
    const endsAt = performance.now() + snapshotMs;
    for (;;) {
      const answer = await this.#link.send(path, body, headers);
      const mayCome = path.endsWith("/Snapshot") && isSnapshotPending(answer.grpc);
      if (!mayCome || performance.now() > endsAt) return answer;
      for await (const _ of answer.chunks);
      await sleep(snapshotPauseMs);
    }
  }

  static readonly #closeAll = (): void => {
    for (const relay of Relay.#open) relay.close();
  };
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error("the sync was given up"));
    response.once("close", onClose);
    response.once("drain", () => {
      response.off("close", onClose);
      resolve();
    });
  });
}
