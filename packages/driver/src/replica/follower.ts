import type { Replicated } from "@libsql/core/api";
import type { CallOptions, ReplicaStatus, WaitForOptions } from "../api.ts";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import { Deadline, sleep, timeoutError } from "../waiting.ts";
import type { CopyKeeper } from "./copy-keeper.ts";
import type { FileLock } from "./file-lock.ts";
import { readPosition, writePosition } from "./position.ts";
import type { Relay } from "./relay.ts";
import { SyncTimer } from "../sync-timer.ts";
import { within } from "../within.ts";

/** How long a write waits for the local copy to catch up with it, in milliseconds. */
const catchUpMs = 30_000;
/** Pause before a position is looked for again, in milliseconds. */
const retryMs = 50;
/** How old a copy has to be, in milliseconds, to be fetched anew when it is found to be corrupt. */
const healAgainMs = 60_000;

/** What a follower is made of. */
export interface FollowerParts {
  readonly keeper: CopyKeeper;
  readonly relay: Relay;
  readonly lock: FileLock;
  readonly events: Emitter;
  /** Milliseconds between syncs; `undefined` for none. */
  readonly syncIntervalMs: number | undefined;
}

/** Keeps a copy behind its primary no further than asked: one sync at a time, which all who wait for one share. */
export class Follower {
  readonly #parts: FollowerParts;
  readonly #timer: SyncTimer | undefined;
  #syncing: Promise<Replicated> | undefined;
  #hasAsked = false;
  /** The sync under way is one that ends with a frame, be there more or not. */
  #isPulling = false;
  #bytes = 0;
  #writtenFrame: number | undefined;
  #lastSyncAt: number | undefined;
  /** When the last successful sync began, on the monotonic clock: what was written before is here. */
  #freshSince = Number.NEGATIVE_INFINITY;
  #healedAt = Number.NEGATIVE_INFINITY;
  #lastError: LitefleetError | undefined;
  #isPrimaryReachable: boolean | undefined;
  #isClosed = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    if (parts.syncIntervalMs !== undefined) this.#timer = new SyncTimer(parts.syncIntervalMs, () => this.sync());
  }

  get local(): LocalEngine | undefined {
    return this.#parts.keeper.local;
  }

  /** The local copy; the first sync makes it. */
  async copy(options: Pick<CallOptions, "signal" | "timeoutMs">): Promise<LocalEngine> {
    if (this.local === undefined) await within(this.#syncing ?? this.sync(), options, "the first sync");
    if (this.local === undefined || this.#isClosed) throw closedError();
    return this.local;
  }

  /**
   * A new copy in place of one that was found to be corrupt. Rejects with `error` if the primary gives none, and if the corrupt one is
   * itself new: then the primary's is no better.
   */
  async heal(
    corrupt: LocalEngine,
    error: LitefleetError,
    options: Pick<CallOptions, "signal" | "timeoutMs">,
  ): Promise<LocalEngine> {
    if (this.local === corrupt) {
      if (performance.now() - this.#healedAt < healAgainMs) throw error;
      this.#parts.keeper.distrust();
      await within(
        this.#syncFromNow().catch(() => {
          throw error;
        }),
        options,
        "a new copy",
      );
      this.#healedAt = performance.now();
    }
    return this.copy(options);
  }

  /** Brings what the primary holds now: calls of one moment share a sync, and one that has asked the primary already is not joined. */
  sync(): Promise<Replicated> {
    if (this.#hasAsked || this.#isPulling) return this.#syncFromNow();
    return this.#share(() => this.#parts.keeper.sync());
  }

  /** Notes bytes that came from the primary. */
  received(count: number): void {
    this.#bytes += count;
    this.#parts.keeper.received(count);
  }

  /** Syncs if the last sync began longer ago. */
  async refresh(maxStalenessMs: number, options: Pick<CallOptions, "signal" | "timeoutMs">): Promise<void> {
    const wanted = performance.now() - maxStalenessMs;
    if (this.#freshSince >= wanted) return;
    await within(this.#syncFromNow(), options, "the sync");
  }

  position(): string | undefined {
    const { position } = this.#parts.keeper;
    if (position === undefined) return undefined;
    const frameNo = Math.max(position.frameNo ?? -1, this.#writtenFrame ?? -1);
    return writePosition({ epoch: position.epoch, frameNo: frameNo < 0 ? undefined : frameNo });
  }

  async waitFor(token: string, options: WaitForOptions): Promise<void> {
    const wanted = readPosition(token);
    const { timeoutMs = catchUpMs, signal } = options;
    const deadline = new Deadline({ timeoutMs, ...(signal === undefined ? {} : { signal }) });
    for (let tries = 0; ; tries += 1) {
      const { position } = this.#parts.keeper;
      const isSameLog = position?.epoch === wanted.epoch;
      if (isSameLog && (position.frameNo ?? -1) >= (wanted.frameNo ?? -1)) return;
      const remaining = { timeoutMs: deadline.remainingMs, ...(signal === undefined ? {} : { signal }) };
      try {
        // What is wanted is there already, so it need not be asked for first.
        const isKnown = isSameLog && tries === 0;
        const syncing = isKnown ? (this.#syncing ?? this.#pull(wanted.frameNo)) : this.#syncFromNow();
        await within(syncing, remaining, "the position");
      } catch (error) {
        if (!(error instanceof LitefleetError) || !error.isRetryable || this.#isClosed) throw error;
        if (deadline.remainingMs === 0) throw timeoutError(timeoutMs, "the position");
      }
      const reached = this.#parts.keeper.position;
      if (this.#isPrimaryReachable === true && reached !== undefined && reached.epoch !== wanted.epoch) {
        throw new LitefleetError(
          "The position belongs to a log that the primary no longer has; read without it and take a new one",
          "POSITION_EXPIRED",
        );
      }
      if (reached === undefined || (reached.frameNo ?? -1) < (wanted.frameNo ?? -1)) await sleep(retryMs, signal);
    }
  }

  /** Notes a write that the primary has answered, and waits until the copy has it, but no longer than `timeoutMs`. */
  async noteWrite(frameNo: number | undefined, waits: boolean, timeoutMs = catchUpMs): Promise<void> {
    this.#isPrimaryReachable = true;
    const isBehind = frameNo !== undefined && this.#isBehind(frameNo);
    if (frameNo !== undefined) this.#writtenFrame = Math.max(frameNo, isBehind ? (this.#writtenFrame ?? 0) : 0);
    if (!waits) return;
    const endsAt = performance.now() + Math.min(timeoutMs, catchUpMs);
    // A number that the copy has passed already is of a write that somebody else fetched, or of another log.
    let mustSync = !isBehind;
    for (let failures = 0; failures < 2 && performance.now() < endsAt && !this.#isClosed;) {
      if (!mustSync && (frameNo === undefined || !this.#isBehind(frameNo))) return;
      try {
        const syncing = mustSync ? this.#syncFromNow() : (this.#syncing ?? this.#pull());
        await within(syncing, { timeoutMs: endsAt - performance.now() }, "the copy");
        mustSync = false;
      } catch {
        // Perhaps one that began before the write. The write stands at the primary in any case, so the call succeeds; why the
        // copy lags goes out as an event.
        failures += 1;
      }
    }
  }

  /** Notes that the primary could not be reached, or was again. */
  noteFailure(error: LitefleetError): void {
    if (error.code !== "PRIMARY_UNREACHABLE") return;
    this.#isPrimaryReachable = false;
    this.#lastError = error;
  }

  status(): ReplicaStatus {
    const { position, fetching } = this.#parts.keeper;
    const { handshake } = this.#parts.relay;
    const known = Math.max(handshake?.frameNo ?? -1, this.#writtenFrame ?? -1);
    const isKnown = position !== undefined && handshake?.epoch === position.epoch;
    return {
      frameNo: position?.frameNo,
      lastSyncAt: this.#lastSyncAt,
      lastError: this.#lastError,
      isPrimaryReachable: this.#isPrimaryReachable,
      framesBehind: isKnown ? Math.max(0, known - (position.frameNo ?? -1)) : undefined,
      position: this.position(),
      fetching,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.stop();
    // A sync under way fails at once, and lets go of the files.
    this.#parts.relay.close();
    const { keeper, lock } = this.#parts;
    const syncing = this.#syncing;
    const ended = keeper.close();
    lock.release(Promise.allSettled([ended, syncing]).then(() => undefined));
  }

  #isBehind(frameNo: number): boolean {
    return (this.#parts.keeper.position?.frameNo ?? -1) < frameNo;
  }

  /** Brings what is known to be there; perhaps not all that is. */
  #pull(frameNo = this.#writtenFrame ?? 0): Promise<Replicated> {
    this.#isPulling = true;
    return this.#share(() => this.#parts.keeper.pull(frameNo));
  }

  /** A sync that begins after this call. */
  async #syncFromNow(): Promise<Replicated> {
    try {
      await this.#syncing;
    } catch {
      // Whoever began it knows.
    }
    return this.sync();
  }

  #share(run: () => Promise<Replicated>): Promise<Replicated> {
    this.#syncing ??= this.#run(run).finally(() => {
      this.#syncing = undefined;
      this.#hasAsked = false;
      this.#isPulling = false;
    });
    return this.#syncing;
  }

  async #run(run: () => Promise<Replicated>): Promise<Replicated> {
    if (this.#isClosed) throw closedError();
    const startedAt = performance.now();
    this.#bytes = 0;
    this.#parts.relay.takeFailure();
    const epoch = this.#parts.keeper.position?.epoch;
    // What is called in the same turn may still join.
    await Promise.resolve();
    this.#hasAsked = true;
    try {
      const replicated = await run();
      if (this.#parts.keeper.position?.epoch !== epoch) this.#writtenFrame = undefined;
      if (!this.#isPulling) this.#freshSince = startedAt;
      this.#lastSyncAt = Date.now();
      this.#lastError = undefined;
      this.#isPrimaryReachable = true;
      this.#parts.events.emit("sync", {
        frameNo: replicated?.frame_no ?? 0,
        framesSynced: replicated?.frames_synced ?? 0,
        durationMs: performance.now() - startedAt,
        bytes: this.#bytes,
      });
      return replicated;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  #failed(cause: unknown): LitefleetError {
    if (this.#isClosed) return closedError();
    // The library's words are about the relay; the relay knows what became of the primary.
    const known = this.#parts.relay.takeFailure() ?? (cause instanceof LitefleetError ? cause : undefined);
    const message = cause instanceof Error ? cause.message : String(cause);
    // The library's word for writing into the copy.
    const failed = /inject/iu.test(message) ? "The copy cannot be written (is the disk full?)" : "The sync failed";
    const error = known ?? new LitefleetError(`${failed}: ${message}`, "SYNC_FAILED", { isRetryable: true, cause });
    this.#lastError = error;
    this.#isPrimaryReachable = error.code !== "PRIMARY_UNREACHABLE";
    this.#parts.events.emit("error", { error });
    return error;
  }
}

function closedError(): LitefleetError {
  return new LitefleetError("The client was closed", "CLIENT_CLOSED");
}
