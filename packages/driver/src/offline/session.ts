import { existsSync, rmSync, statSync } from "node:fs";
import { randomUUID } from "node:crypto";
import type { PullResult, PushResult } from "../api.ts";
import { LitefleetError } from "../errors.ts";
import { Connection } from "../local/connection.ts";
import { LocalEngine } from "../local/local-engine.ts";
import type { NativeLibrary } from "../local/native.ts";
import { WriteQueue } from "../local/write-queue.ts";
import type { Release } from "../local/write-queue.ts";
import { TursoConnection } from "../turso/turso-connection.ts";
import { Capture, readMarkers } from "./capture.ts";
import type { Marker } from "./capture.ts";
import { checkBootstrap } from "./check-bootstrap.ts";
import { ontoRow } from "./change.ts";
import { LocalFile } from "./local-file.ts";
import { Judge } from "./judge.ts";
import { LocalDatabase } from "./local-database.ts";
import type { KeptConflict } from "./outbox.ts";
import { Pusher } from "./pusher.ts";
import { carryOut, readRowOf, rebase } from "./rebase.ts";
import { Refusals } from "./refusals.ts";
import { SyncLibrary } from "./sync-library.ts";
import type { SessionOptions } from "./session-options.ts";
import { isLibraryFailure, openingError, pullError } from "./sync-errors.ts";
import { TableShapes } from "./table-shapes.ts";

/** The size from which the write-ahead log is shortened, in bytes. */
const longLog = 32 * 1024 * 1024;

/** How long a sync waits for a transaction of the program to end, in milliseconds. */
const turnPatienceMs = 30_000;

/** How long after an upsert its change is moved to the outbox, in milliseconds. */
const soonMs = 50;

/** An answer with pages is longer than one page; without, it is a few bytes. */
const pageBytes = 4096;

/** Who stands in the line of a file's writers. */
export const offlineLine = "turso offline";

/** An open local file with everything that works on it. Pushes and pulls come one at a time. */
export class Session {
  /** For the program's own calls. */
  readonly file: LocalFile;
  readonly #options: SessionOptions;
  readonly #library: SyncLibrary;
  readonly #local: LocalEngine;
  readonly #writer: LocalDatabase;
  readonly #reader: LocalDatabase;
  readonly #shapes: TableShapes;
  readonly #capture: Capture;
  readonly #judge: Judge;
  readonly #pusher: Pusher;
  readonly #clientId: string;
  #timer: NodeJS.Timeout | undefined;
  #isSyncing = false;
  #isBroken = false;
  #uncounted = 0;
  #rejected = 0;
  #release: Release | undefined;
  #takeFailure: () => unknown = () => undefined;

  private constructor(options: SessionOptions, library: SyncLibrary, clientId: string) {
    this.#options = options;
    this.#library = library;
    this.#clientId = clientId;
    const { outbox, primary, queue, statementCacheSize, capabilities } = options;
    const connection = new TursoConnection(library.handle, statementCacheSize);
    const native: NativeLibrary = {
      name: "turso",
      open: () => connection,
      describeError: () => undefined,
      beginRead: "BEGIN DEFERRED",
    };
    connection.exec("PRAGMA foreign_keys = ON");
    const first = new Connection(native, connection, queue, statementCacheSize);
    // One connection, as in memory: the library records the changes of no other.
    this.#local = new LocalEngine({
      ...options,
      // Closing the engine leaves the line once.
      queue: WriteQueue.ofFile(options.path, offlineLine),
      isMemory: true,
      library: native,
      encryptionKey: undefined,
      capabilities,
      open: () => first,
      first,
      // A write that the primary refuses must not take others with it.
      maxGroupSize: 1,
    });
    this.#writer = new LocalDatabase(library.handle);
    this.#reader = openReader(library, options.path);
    this.#shapes = new TableShapes(this.#writer);
    this.file = new LocalFile(this.#local, new Refusals(this.#shapes, options.allowRowidKeys), () => this.#drainSoon());
    this.#capture = new Capture({ writer: this.#writer, reader: this.#reader, outbox, shapes: this.#shapes });
    this.#judge = new Judge(options.resolve);
    const onRefused = (conflict: KeptConflict): void => this.#onRefused(conflict);
    this.#pusher = new Pusher({ primary, outbox, judge: this.#judge, clientId, onRefused });
  }

  /**
   * Opens the file. The first time the primary's database is fetched into it.
   *
   * @throws {LitefleetError} `ENGINE_MISSING`, `PRIMARY_UNREACHABLE`, `SYNC_FAILED` and what else the primary may answer.
   */
  static async open(options: SessionOptions): Promise<Session> {
    const { outbox, path, primary } = options;
    const isNew = outbox.meta("isWhole") !== "yes" || !existsSync(path);
    if (isNew) removeFiles(path);
    const clientId = outbox.meta("clientId") ?? `litefleet-${randomUUID()}`;
    outbox.setMeta("clientId", clientId);
    const opened: { session?: Session; failure?: unknown } = {};
    const fetch = (url: string, init: RequestInit): Promise<Response> =>
      primary
        .pass(pathOf(url, options.url), init, opened.session && ((bytes) => opened.session!.#beforeApply(bytes)))
        .catch((error: unknown) => {
          opened.failure = error;
          throw error;
        });
    const library = await SyncLibrary.open(path, options.url, fetch).catch((error: unknown) => {
      throw openingError(opened.failure ?? error, isNew);
    });
    try {
      if (isNew) await checkBootstrap(new LocalDatabase(library.handle), primary, () => library.pull());
      const session = new Session(options, library, clientId);
      opened.session = session;
      session.#takeFailure = () => {
        const { failure } = opened;
        opened.failure = undefined;
        return failure;
      };
      await session.#begin();
      if (isNew) outbox.setMeta("isWhole", "yes");
      return session;
    } catch (error) {
      if (opened.session !== undefined) opened.session.#local.close();
      await library.close().catch(() => undefined);
      throw error;
    }
  }

  /** Local changes are missing from the local file: it must be opened anew before anybody reads or writes there. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Local changes that the outbox does not hold yet. */
  get unmoved(): number {
    if (!this.#isSyncing && this.#library.handle.open) this.#uncounted = this.#capture.count();
    return this.#uncounted;
  }

  async push(): Promise<PushResult> {
    await this.#withTurn(() => this.#drain());
    await this.#shortenLog();
    return this.#pusher.push();
  }

  async pull(): Promise<PullResult> {
    await this.#shortenLog();
    const before = await this.#pusher.markers();
    this.#pusher.checkMarkers(before);
    this.#rejected = 0;
    let hasChanges: boolean;
    try {
      hasChanges = await this.#library.pull();
      await this.#whole();
      this.#checkArrived(before);
      if (hasChanges) this.#local.schemaMayHaveChanged();
    } catch (error) {
      // If not even that can be done, it is done when the file is opened again.
      this.#isBroken = true;
      const failure = this.#takeFailure();
      await this.#whole();
      if (failure === undefined && isLibraryFailure(error)) await this.#distrust();
      else this.#isBroken = false;
      throw failure ?? pullError(error);
    } finally {
      this.#endApply();
    }
    return { hasChanges, rejected: this.#rejected };
  }

  /** Carries out a conflict's changes on the rows as they are, and forgets it. */
  async retry(conflict: KeptConflict): Promise<void> {
    const writer = this.#writer;
    await this.#withTurn(async () => {
      writer.exec("BEGIN IMMEDIATE");
      try {
        for (const change of conflict.changes) {
          const wanted = ontoRow(change, readRowOf(writer, change));
          const failure = wanted && carryOut(writer, wanted);
          if (failure !== undefined)
            throw failure.error instanceof Error ? failure.error : new LitefleetError(failure.reason, "CONFLICT");
        }
        writer.exec("COMMIT");
      } finally {
        writer.rollBack();
      }
      this.#options.outbox.removeConflict(conflict.id);
    });
  }

  /** Moves what can be moved into the outbox, and closes the file. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#library.handle.open && !this.#library.handle.inTransaction()) {
      try {
        for (const _ of this.#capture.drain(() => this.#writer.exec("COMMIT")));
      } catch {
        // It stays recorded in the file.
      }
    }
    this.#capture.unpin();
    this.#local.close();
    this.#reader.close();
    await this.#library.close();
  }

  /** Local changes are put back on if the last process ended between a pull and that. */
  async #begin(): Promise<void> {
    await this.#whole();
    await this.#drain();
  }

  /** Called with the whole of an answer, before the library applies it: from here on nobody writes until it is done. */
  async #beforeApply(bytes: number): Promise<void> {
    if (bytes < pageBytes) return;
    this.#release = await this.#takeTurn();
    await this.#drain();
    this.#capture.unpin();
  }

  #endApply(): void {
    if (this.#release !== undefined) {
      this.#capture.pin();
      this.#isSyncing = false;
    }
    this.#release?.();
    this.#release = undefined;
  }

  /** The library cannot go on with the file. All that is only here goes to the outbox, and the file is fetched anew. */
  async #distrust(): Promise<void> {
    this.#release ??= await this.#takeTurn();
    await this.#drain();
    this.#options.outbox.setMeta("isWhole", "no");
  }

  /** Puts the local changes back on if a pull has taken them back. */
  async #whole(): Promise<void> {
    const { outbox } = this.#options;
    this.#writer.forgetStatements();
    this.#shapes.clear();
    if (this.#capture.epoch() !== undefined) return;
    await rebase({
      writer: this.#writer,
      capture: this.#capture,
      outbox,
      judge: this.#judge,
      clientId: this.#clientId,
      onRefused: (conflict) => this.#onRefused(conflict),
      onProgress: () => this.#options.queue.progress(),
    });
  }

  /** What other clients had pushed before the pull must be here now. */
  #checkArrived(before: ReadonlyMap<string, Marker>): void {
    const here = readMarkers(this.#writer);
    for (const [client, { seq }] of before) {
      if (client.startsWith("litefleet-") && (here.get(client)?.seq ?? 0) < seq) {
        throw new LitefleetError(
          "The primary does not deliver what it holds: its log has begun anew, so that it takes this copy for newer. Nothing was " +
            "lost. Close the client, remove the local file (not the one ending in -outbox), and open it again to fetch all anew.",
          "SYNC_FAILED",
        );
      }
    }
  }

  async #withTurn(work: () => Promise<void>): Promise<void> {
    const release = await this.#takeTurn();
    try {
      await work();
    } finally {
      this.#isSyncing = false;
      release();
    }
  }

  async #takeTurn(): Promise<Release> {
    const release = await this.#options.queue.acquire(this.#local, turnPatienceMs, { timeoutMs: turnPatienceMs });
    this.#isSyncing = true;
    return release;
  }

  async #drain(): Promise<void> {
    for (const step of this.#capture.drain(() => this.#writer.commit())) {
      await step;
      await new Promise((resolve) => void setImmediate(resolve));
      this.#options.queue.progress();
    }
    this.#uncounted = 0;
    this.#capture.pin();
  }

  #drainSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#library.handle.open) void this.#withTurn(() => this.#drain()).catch(() => undefined);
    }, soonMs);
    this.#timer.unref();
  }

  async #shortenLog(): Promise<void> {
    const size = statSync(`${this.#options.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (size < longLog) return;
    await this.#withTurn(async () => {
      await this.#drain();
      this.#capture.unpin();
      // A process that is killed in the middle of it leaves a file that cannot be trusted: it is fetched anew then. All local changes are
      // in the outbox here.
      this.#options.outbox.setMeta("isWhole", "no");
      this.#isBroken = true;
      await this.#library.checkpoint();
      this.#isBroken = false;
      this.#options.outbox.setMeta("isWhole", "yes");
      this.#capture.pin();
    });
  }

  #onRefused(conflict: KeptConflict): void {
    this.#rejected += 1;
    this.#options.onRefused(conflict);
  }
}

function openReader(library: SyncLibrary, path: string): LocalDatabase {
  const reader = new LocalDatabase(library.openReader(path));
  reader.exec("PRAGMA query_only = 1");
  return reader;
}

/** What a first fetch that was interrupted has left. */
function removeFiles(path: string): void {
  for (const ending of ["", "-info", "-wal", "-wal-revert", "-changes"]) rmSync(path + ending, { force: true });
}

function pathOf(url: string, base: string): string {
  return url.slice(base.length);
}
