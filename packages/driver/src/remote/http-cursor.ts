import { malformedAnswer } from "./classify.ts";
import { failureOf } from "./http-transport.ts";
import { parseMessage } from "./parse-message.ts";
import type { WireCursorEntry } from "./protocol.ts";
import type { HranaCursor } from "./stream.ts";

/** Rows over HTTP: a body of lines, of which the first brings the baton. */
export class HttpCursor implements HranaCursor {
  /** Resolves when the body is at its end, or closed. */
  readonly ended: Promise<void>;
  readonly #end: () => void;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #signal: AbortSignal | undefined;
  /** Complete lines that were read and not asked for. */
  #lines: readonly string[] = [];
  /** The beginning of a line, in the pieces in which it came: only what is new is searched for the line's end. */
  #incomplete: string[] = [];

  constructor(body: ReadableStream<Uint8Array>, signal: AbortSignal | undefined) {
    this.#reader = body.getReader();
    this.#signal = signal;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#end = resolve;
  }

  async firstLine(): Promise<string> {
    const lines = await this.#read();
    const first = lines?.[0];
    if (lines === undefined || first === undefined) throw malformedAnswer(undefined);
    this.#lines = lines.slice(1);
    return first;
  }

  async next(): Promise<readonly WireCursorEntry[] | undefined> {
    const lines = this.#lines.length > 0 ? this.#lines : await this.#read();
    this.#lines = [];
    return lines?.filter((line) => line !== "").map((line) => parseMessage(line, isCursorEntry));
  }

  close(): void {
    this.#end();
    // Closes the connection, which tells the server to stop.
    this.#reader.cancel().catch(() => undefined);
  }

  /** At least one complete line, or `undefined` at the end. */
  async #read(): Promise<readonly string[] | undefined> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) {
          this.#end();
          return undefined;
        }
        const lines = this.#decoder.decode(value, { stream: true }).split("\n");
        const rest = lines.pop() ?? "";
        if (lines.length === 0) {
          this.#incomplete.push(rest);
          continue;
        }
        lines[0] = this.#incomplete.join("") + lines[0]!;
        this.#incomplete = [rest];
        return lines;
      }
    } catch (error) {
      this.#end();
      throw failureOf(error, this.#signal);
    }
  }
}

function isCursorEntry(value: object): value is WireCursorEntry {
  return "type" in value;
}
