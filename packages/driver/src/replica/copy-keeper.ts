import type { Replicated } from "@libsql/core/api";
import type { FetchProgress } from "../api.ts";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import type { Handshake } from "./replication-messages.ts";
import type { Relay } from "./relay.ts";
import type { LogPosition, ReplicaFiles } from "./replica-files.ts";
import type { Syncer } from "./sync-thread.ts";

/** Bytes between two `progress` events. */
const progressStep = 1_000_000;

/** What a copy is kept with. */
export interface CopyKeeperParts {
  readonly files: ReplicaFiles;
  readonly relay: Relay;
  /** Settles when a client of before has let go of the files. */
  readonly ready: Promise<void> | undefined;
  readonly openSyncer: (path: string) => Syncer;
  /** Opens the copy for reading. */
  readonly openLocal: () => LocalEngine;
  /** Writes the WAL into the copy, so that nobody who closes it has to; whether that went well. */
  readonly foldWal: () => boolean;
  readonly events: Emitter;
}

/**
 * The local copy: opens it if it is whole, brings it forward, and fetches it anew beside the old one where the log is another or the
 * files are broken. What can be read is always a whole database. One call at a time.
 */
export class CopyKeeper {
  readonly #parts: CopyKeeperParts;
  #local: LocalEngine | undefined;
  #position: LogPosition | undefined;
  #syncer: Syncer | undefined;
  #fetching: FetchProgress | undefined;
  #isCorrupt = false;
  #isPulling = false;
  /** Whether a client of before has let go of the files. */
  #isReady: boolean;
  #isClosed = false;

  constructor(parts: CopyKeeperParts) {
    this.#parts = parts;
    this.#isReady = parts.ready === undefined;
    void parts.ready?.then(() => (this.#isReady = true));
    if (!parts.files.isWhole()) return;
    this.#local = openUnlessCorrupt(parts.openLocal);
    if (this.#local !== undefined) this.#position = parts.files.position();
  }

  /** The copy, if there is one. */
  get local(): LocalEngine | undefined {
    return this.#local;
  }

  get position(): LogPosition | undefined {
    return this.#position;
  }

  get fetching(): FetchProgress | undefined {
    return this.#fetching;
  }

  /** Notes bytes that came from the primary. */
  received(count: number): void {
    const before = this.#fetching;
    if (before === undefined) return;
    this.#fetching = { ...before, bytes: before.bytes + count };
    if (Math.floor(before.bytes / progressStep) === Math.floor(this.#fetching.bytes / progressStep)) return;
    this.#parts.events.emit("progress", this.#fetching);
  }

  /** Asks the primary where it stands, and follows it there. */
  async sync(): Promise<Replicated> {
    await this.#parts.ready;
    const handshake = await this.#parts.relay.greet();
    const position = this.#position;
    if (!this.#isTrusted() || position?.epoch !== handshake.epoch) return this.#fetchAnew(handshake);
    if (position.frameNo === handshake.frameNo) return { frame_no: position.frameNo ?? 0, frames_synced: 0 };
    // A log that has gone back, as a restored backup's has, is not the one that was copied.
    if ((position.frameNo ?? 0) > (handshake.frameNo ?? 0)) return this.#fetchAnew(handshake);
    return this.#pull(handshake.frameNo);
  }

  /** Fetches what is known to be there, up to a frame, without asking first where that is possible: one round trip. */
  async pull(frameNo: number): Promise<Replicated> {
    const { handshake } = this.#parts.relay;
    if (!this.#isTrusted() || handshake === undefined || handshake.epoch !== this.#position?.epoch) {
      return this.sync();
    }
    try {
      return await this.#pull(frameNo);
    } catch {
      // The primary may have been started again since it was greeted.
      this.#parts.relay.takeFailure();
      return this.sync();
    }
  }

  /** Notes that the copy was found to be corrupt: the next sync fetches it anew. */
  distrust(): void {
    this.#isCorrupt = true;
  }

  /** Closes the copy at once; resolves when the files are free. */
  close(): Promise<void> {
    this.#isClosed = true;
    const { files, ready, foldWal } = this.#parts;
    const isTrusted = this.#isTrusted();
    const isIdle = !this.#isPulling && this.#isReady;
    if (isTrusted) files.seal.open();
    this.#local?.close();
    // The syncer is yet to be closed, but will find nothing to do.
    if (isTrusted && isIdle && foldWal()) files.seal.close();
    return Promise.all([ready, this.#letGo()]).then(() => {
      if (isTrusted && !isIdle) files.seal.close();
    });
  }

  /** Whether there is a copy, and it is what we made of it. */
  #isTrusted(): boolean {
    return this.#local !== undefined && !this.#isCorrupt && !this.#parts.files.seal.isBroken();
  }

  async #letGo(): Promise<void> {
    const syncer = this.#syncer;
    this.#syncer = undefined;
    await syncer?.close();
  }

  async #pull(frameNo: number | undefined): Promise<Replicated> {
    const { files, relay, openSyncer } = this.#parts;
    relay.endWhen((next) => hasEnough(files, frameNo, next));
    files.seal.open();
    this.#isPulling = true;
    this.#syncer ??= openSyncer(files.path);
    const before = this.#position;
    let replicated: Replicated;
    try {
      replicated = await this.#syncer.sync();
    } finally {
      this.#isPulling = false;
      if (!this.#isClosed) files.seal.close();
    }
    this.#position = files.position();
    this.#local?.schemaMayHaveChanged();
    return { frame_no: replicated?.frame_no ?? before?.frameNo ?? 0, frames_synced: replicated?.frames_synced ?? 0 };
  }

  async #fetchAnew(handshake: Handshake): Promise<Replicated> {
    const { files, relay, openSyncer } = this.#parts;
    const { next } = files;
    if (!next.canGoOnTo(handshake)) next.remove();
    relay.endWhen((nextFrame) => hasEnough(next, handshake.frameNo, nextFrame));
    this.#fetching = { bytes: 0, totalFrames: handshake.frameNo === undefined ? 0 : handshake.frameNo + 1 };
    const syncer = openSyncer(next.path);
    let replicated: Replicated;
    let isLost = false;
    try {
      replicated = await syncer.sync();
    } catch (error) {
      // What the network broke off goes on where it was; what the library failed at by itself begins again.
      isLost = !this.#isClosed && !relay.hasFailed;
      throw error;
    } finally {
      this.#fetching = undefined;
      await syncer.close();
      if (isLost) next.remove();
    }
    const position = next.position();
    if (position?.epoch !== handshake.epoch) {
      throw new LitefleetError("The primary began a new log while it was being copied", "SYNC_FAILED", {
        isRetryable: true,
      });
    }
    await this.#letGo();
    if (this.#isClosed) throw new LitefleetError("The client was closed during the sync", "CLIENT_CLOSED");
    // Without a pause from here on, so that no read comes between.
    this.#local?.close();
    this.#local = undefined;
    files.swapIn();
    this.#local = this.#parts.openLocal();
    this.#position = position;
    this.#isCorrupt = false;
    files.seal.close();
    return { frame_no: position.frameNo ?? 0, frames_synced: replicated?.frames_synced ?? 0 };
  }
}

/**
 * Whether a copy that wants `nextFrame` has what was asked for. Only where it has committed all before that frame: what it got beyond
 * its last commit is a part of a transaction whose rest must come.
 */
function hasEnough(files: ReplicaFiles, wanted: number | undefined, nextFrame: number): boolean {
  const committed = files.position()?.frameNo;
  return committed !== undefined && committed >= (wanted ?? 0) && nextFrame === committed + 1;
}

/** A corrupt copy is fetched again; any other failure, such as a wrong key, is the user's to know. */
function openUnlessCorrupt(open: () => LocalEngine): LocalEngine | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof LitefleetError && error.code === "SQLITE_CORRUPT") return undefined;
    throw error;
  }
}
