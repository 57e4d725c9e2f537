import { LitefleetError } from "../errors.ts";

/** What a primary says of its log when a replica greets it. */
export interface Handshake {
  /** Names the log. A primary that was made anew, or that did not end in good order, has another one. */
  readonly epoch: string;
  /** Number of the last frame in the log; `undefined` while nothing was written. */
  readonly frameNo: number | undefined;
  /** The answer as it came: gRPC-Web. */
  readonly bytes: Uint8Array;
}

/** Length of a gRPC-Web frame's head: a byte of flags and four of length. */
const headLength = 5;
const epochField = 3;
const frameNoField = 5;
const nextFrameField = 1;

/**
 * Reads the answer to `ReplicationLog/Hello`, the little that we need of it.
 *
 * @throws {LitefleetError} `SYNC_FAILED` if it is something else.
 */
export function readHandshake(bytes: Uint8Array): Handshake {
  const reader = new ProtobufReader(grpcMessage(bytes));
  let epoch: string | undefined;
  let frameNo: number | undefined;
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === epochField && typeof field.value !== "bigint") epoch = new TextDecoder().decode(field.value);
    if (field.number === frameNoField && typeof field.value === "bigint") frameNo = Number(field.value);
  }
  if (epoch === undefined) throw notAPrimary();
  return { epoch, frameNo, bytes };
}

/** The frame that a request for the log wants next. */
export function readNextFrame(bytes: Uint8Array): number {
  const reader = new ProtobufReader(grpcMessage(bytes));
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === nextFrameField && typeof field.value === "bigint") return Number(field.value);
  }
  // A number that is zero is left out.
  return 0;
}

/** The answer to a request for the log that says: there is no more. */
export function noFrames(): Uint8Array {
  const trailer = Buffer.from("grpc-status:0\r\n");
  return Buffer.concat([new Uint8Array(headLength), Buffer.from([0x80, 0, 0, 0, trailer.length]), trailer]);
}

/** How an answer ended: what gRPC-Web writes into headers, or into a trailer of the same form. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** The status in an answer's headers; `undefined` if it is not there. */
export function headerStatus(headers: Headers): GrpcStatus | undefined {
  const code = headers.get("grpc-status");
  return code === null ? undefined : { code: Number(code), message: decodeWords(headers.get("grpc-message") ?? "") };
}

/** The status in the trailer of an answer; `undefined` if it has none. */
export function trailerStatus(bytes: Uint8Array): GrpcStatus | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const code = /grpc-status: ?(?<code>\d+)/u.exec(text)?.groups?.["code"];
  const message = /grpc-message: ?(?<message>[^\r\n]*)/u.exec(text)?.groups?.["message"];
  return code === undefined ? undefined : { code: Number(code), message: decodeWords(message ?? "") };
}

function decodeWords(words: string): string {
  return words.replaceAll(/%[0-9A-F]{2}/giu, (byte) => String.fromCodePoint(Number.parseInt(byte.slice(1), 16)));
}

function grpcMessage(bytes: Uint8Array): Uint8Array {
  if (bytes.length < headLength || bytes[0] !== 0) throw notAPrimary();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes.length < headLength + length) throw notAPrimary();
  return bytes.subarray(headLength, headLength + length);
}

function notAPrimary(): LitefleetError {
  return new LitefleetError("The server does not answer as the primary of a replica does", "SYNC_FAILED");
}

/** Reads the fields of a message; groups and fixed-width numbers are not among those we meet. */
class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): { readonly number: number; readonly value: bigint | Uint8Array } | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const tag = Number(this.#varint());
    const kind = tag & 7;
    const number = tag >>> 3;
    if (kind === 0) return { number, value: this.#varint() };
    if (kind !== 2) throw notAPrimary();
    const length = Number(this.#varint());
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return { number, value };
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw notAPrimary();
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw notAPrimary();
  }
}
