import { malformedAnswer } from "./classify.ts";
import { HttpCursor } from "./http-cursor.ts";
import { failureOf } from "./http-transport.ts";
import type { HttpTransport } from "./http-transport.ts";
import { parseMessage } from "./parse-message.ts";
import type { WireBatch, WireRequest, WireResult } from "./protocol.ts";
import type { HranaCursor, HranaStream, SendOptions, StreamSource } from "./stream.ts";
import { UnderWay } from "./under-way.ts";

/** What every answer begins with. */
interface HttpAnswer {
  readonly baton?: string | null;
  readonly base_url?: string | null;
}

interface PipelineAnswer extends HttpAnswer {
  readonly results: readonly WireResult[];
}

function isHttpAnswer(value: object): value is HttpAnswer {
  return "baton" in value;
}

function isPipelineAnswer(value: object): value is PipelineAnswer {
  return isHttpAnswer(value) && "results" in value && Array.isArray(value.results);
}

/** Opens streams over HTTP. Each request is a fetch; a server keeps a stream between two of them for some seconds. */
export class HttpSource implements StreamSource {
  readonly #transport: HttpTransport;
  readonly #url: URL;
  readonly #open = new Set<HranaStream>();
  readonly #underWay = new UnderWay();

  constructor(transport: HttpTransport, url: URL) {
    this.#transport = transport;
    this.#url = url;
  }

  get openStreams(): number {
    return this.#open.size;
  }

  openStream(): HranaStream {
    const stream = new HttpStream(this.#transport, this.#url, this.#underWay, () => this.#open.delete(stream));
    this.#open.add(stream);
    return stream;
  }

  close(): void {
    // There is no connection of ours to close: `fetch` keeps them, and gives them up when they are idle.
    this.#underWay.end();
  }
}

/** A stream over HTTP: what ties its requests together is the baton that each answer brings for the next request. */
class HttpStream implements HranaStream {
  /** sqld takes 50. */
  readonly maxStoredTexts = 50;
  readonly #transport: HttpTransport;
  readonly #underWay: UnderWay;
  readonly #onClose: () => void;
  #baseUrl: URL;
  #baton: string | undefined;
  #isClosed = false;
  /** Settles when the request under way, if any, has been answered: there is one baton, so requests take turns. */
  #turn: Promise<void> = Promise.resolve();

  constructor(transport: HttpTransport, url: URL, underWay: UnderWay, onClose: () => void) {
    this.#transport = transport;
    this.#baseUrl = url;
    this.#underWay = underWay;
    this.#onClose = onClose;
  }

  send(requests: readonly WireRequest[], options: SendOptions = {}): Promise<readonly WireResult[]> {
    const sent: readonly WireRequest[] = options.isLast === true ? [...requests, { type: "close" }] : requests;
    return this.#inTurn(options.signal, async (signal) => {
      const answer = await this.#exchange("v3/pipeline", { requests: sent }, signal, async (response) =>
        parseMessage(await response.text(), isPipelineAnswer),
      );
      if (answer.results.length !== sent.length) throw malformedAnswer(undefined);
      return answer.results.slice(0, requests.length);
    });
  }

  openCursor(batch: WireBatch, options: SendOptions = {}): Promise<HranaCursor> {
    const opened = Promise.withResolvers<HranaCursor>();
    const turn = this.#inTurn(options.signal, async (signal) => {
      let cursor: HttpCursor | undefined;
      await this.#exchange("v3/cursor", { batch }, signal, async (response) => {
        if (response.body === null) throw malformedAnswer(undefined);
        cursor = new HttpCursor(response.body, signal);
        return parseMessage(await cursor.firstLine(), isHttpAnswer);
      });
      if (cursor === undefined) throw malformedAnswer(undefined);
      opened.resolve(cursor);
      await cursor.ended;
    });
    turn.catch(opened.reject);
    return opened.promise;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    void this.#next(async () => {
      if (this.#baton === undefined) return;
      try {
        await this.#exchange("v3/pipeline", { requests: [{ type: "close" }] }, undefined, async (response) => {
          await response.body?.cancel();
          return {};
        });
      } catch {
        // The server closes it by itself after some seconds.
      }
    });
  }

  #inTurn<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#next(() => this.#underWay.run(signal, work));
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #exchange<T extends HttpAnswer>(
    path: string,
    body: object,
    signal: AbortSignal | undefined,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = new URL(path, this.#baseUrl);
    const text = JSON.stringify({ baton: this.#baton ?? null, ...body });
    try {
      const answer = await read(await this.#transport.post(url, text, signal));
      this.#baton = answer.baton ?? undefined;
      if (typeof answer.base_url === "string") this.#baseUrl = new URL(answer.base_url);
      return answer;
    } catch (error) {
      const failure = failureOf(error, signal);
      if (!failure.keepsStream) this.#baton = undefined;
      throw failure;
    }
  }
}
