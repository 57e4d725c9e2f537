import type { WireBatch, WireCursorEntry, WireRequest, WireResult } from "./protocol.ts";

/** Options of one round trip. */
export interface SendOptions {
  /** Gives up; its reason must be the error for the caller. */
  readonly signal?: AbortSignal | undefined;
  /** Closes the stream in the same round trip. */
  readonly isLast?: boolean;
}

/**
 * A connection to the database on the server, which lives from its first request to `close()`. Methods may be called
 * while others run; they take their turn. All reject with a `RequestFailure`.
 */
export interface HranaStream {
  /** How many texts a batch may store on the stream. */
  readonly maxStoredTexts: number;
  /** Runs requests in order in one round trip; one that fails does not keep the next from running. */
  send(requests: readonly WireRequest[], options?: SendOptions): Promise<readonly WireResult[]>;
  /** Runs a batch and streams its rows. The stream's next call waits until the cursor is closed or at its end. */
  openCursor(batch: WireBatch, options?: SendOptions): Promise<HranaCursor>;
  /** Closes it on the server, which rolls back an open transaction. Does not wait, never throws. */
  close(): void;
}

/** Rows under way. */
export interface HranaCursor {
  /** Some entries, or `undefined` at the end. */
  next(): Promise<readonly WireCursorEntry[] | undefined>;
  /** Stops the server from sending more (over WebSocket sqld nevertheless runs the statement to its end). Never throws. */
  close(): void;
}

/** Where streams come from: a server over HTTP or WebSocket. */
export interface StreamSource {
  /** Streams that are not closed yet. */
  readonly openStreams: number;
  openStream(): HranaStream;
  /** Ends what is under way, without waiting for answers. */
  close(): void;
}
