import type { Replicated } from "@libsql/core/api";
import type { BeginOptions, CallOptions, Capabilities, ClientStatus, RawResult, TransactionMode } from "../api.ts";
import type { BoundStatement, Engine, EngineTransaction, RowChunks } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { Emitter } from "../events.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import { pragmaScope } from "../local/session-pragmas.ts";
import { DeferredChunks } from "./deferred-chunks.ts";
import { ReplicaTransaction } from "./replica-transaction.ts";
import type { Syncer } from "./sync-thread.ts";

/** How long a write waits for the local copy to catch up with it, in milliseconds. */
const catchUpMs = 30_000;

/** The primary as a replica uses it. */
export interface Primary extends Engine {
  /** The replication index after the last write that was answered; `undefined` if the server tells none. */
  readonly lastReplicationIndex: number | undefined;
}

/** What a replica is made of. */
export interface ReplicaParts {
  readonly primary: Primary;
  readonly syncer: Syncer;
  /** Opens the local copy for reading; called when there is one. */
  readonly openLocal: () => LocalEngine;
  readonly hasLocalCopy: () => boolean;
  /** Milliseconds between syncs; `undefined` for none. */
  readonly syncIntervalMs: number | undefined;
  readonly readYourWrites: boolean;
  readonly events: Emitter;
}

/**
 * A local copy of a server's database. Reads are answered by the copy, at once, on a connection that cannot write. Writes go to
 * the primary, and the copy then catches up with them. The syncing itself happens in another thread.
 */
export class ReplicaEngine implements Engine {
  readonly name = "replica";
  readonly protocol = "file";
  readonly capabilities: Capabilities;
  readonly #parts: ReplicaParts;
  #local: LocalEngine | undefined;
  #syncing: Promise<Replicated> | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #frameNo: number | undefined;
  #lastSyncAt: number | undefined;
  #lastError: LitefleetError | undefined;
  #isClosed = false;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.capabilities = { ...parts.primary.capabilities, sync: true };
    if (parts.hasLocalCopy()) this.#local = parts.openLocal();
    if (parts.syncIntervalMs !== undefined) {
      this.#timer = setInterval(() => void this.sync().catch(() => undefined), parts.syncIntervalMs);
      this.#timer.unref();
    }
  }

  execute(statement: BoundStatement, options: CallOptions): Promise<RawResult> | RawResult {
    if (isLocalRead(statement)) {
      if (this.#local !== undefined) return this.#local.execute(statement, options);
      return this.#copy().then((local) => local.execute(statement, options));
    }
    return this.#write(async () => this.#parts.primary.execute(statement, options));
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: CallOptions,
  ): Promise<RawResult[]> {
    if (mode !== "write" && statements.every(isLocalRead)) return (await this.#copy()).batch(statements, mode, options);
    return this.#write(async () => this.#parts.primary.batch(statements, mode, options));
  }

  migrate(statements: readonly BoundStatement[]): Promise<RawResult[]> {
    return this.#write(async () => this.#parts.primary.migrate(statements));
  }

  script(sql: string, options: CallOptions): Promise<void> {
    return this.#write(async () => this.#parts.primary.script(sql, options));
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    if (!isLocalRead(statement)) return this.#parts.primary.iterate(statement, options);
    if (this.#local !== undefined) return this.#local.iterate(statement, options);
    return new DeferredChunks(async () => (await this.#copy()).iterate(statement, options));
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    if (mode === "read") return (await this.#copy()).begin(mode, options);
    const transaction = await this.#parts.primary.begin(mode, options);
    return new ReplicaTransaction(transaction, () => this.#catchUp());
  }

  /** Calls made while a sync is under way share it. */
  sync(): Promise<Replicated> {
    this.#syncing ??= this.#syncOnce().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  status(): Omit<ClientStatus, "closed"> {
    const local = this.#local?.status();
    return {
      engine: this.name,
      openConnections: (local?.openConnections ?? 0) + this.#parts.primary.status().openConnections,
      queuedWrites: 0,
      replica: { frameNo: this.#frameNo, lastSyncAt: this.#lastSyncAt, lastError: this.#lastError },
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#local?.close();
    this.#parts.primary.close();
    this.#parts.syncer.close();
  }

  /** The local copy; the first sync makes it. */
  async #copy(): Promise<LocalEngine> {
    if (this.#local === undefined) await this.sync();
    if (this.#local === undefined) throw new LitefleetError("The replica was closed", "CLIENT_CLOSED");
    return this.#local;
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    const result = await write();
    await this.#catchUp();
    return result;
  }

  /** Makes the local copy see the write that was just answered. */
  async #catchUp(): Promise<void> {
    if (!this.#parts.readYourWrites) return;
    const target = this.#parts.primary.lastReplicationIndex;
    if (target !== undefined && this.#frameNo !== undefined && this.#frameNo >= target) return;
    const endsAt = performance.now() + catchUpMs;
    try {
      // A sync that began before the write may not bring it; the next one does.
      do await this.sync();
      while (target !== undefined && (this.#frameNo ?? 0) < target && performance.now() < endsAt);
    } catch {
      // The write stands at the primary, so the call has succeeded; the sync's failure went out as an event.
    }
  }

  async #syncOnce(): Promise<Replicated> {
    const startedAt = performance.now();
    try {
      const replicated = await this.#parts.syncer.sync();
      if (this.#isClosed) return replicated;
      this.#local ??= this.#parts.openLocal();
      this.#local.schemaMayHaveChanged();
      this.#lastSyncAt = Date.now();
      this.#lastError = undefined;
      this.#frameNo = replicated?.frame_no ?? this.#frameNo;
      this.#parts.events.emit("sync", {
        frameNo: replicated?.frame_no ?? 0,
        framesSynced: replicated?.frames_synced ?? 0,
        durationMs: performance.now() - startedAt,
      });
      return replicated;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  #failed(cause: unknown): LitefleetError {
    if (cause instanceof LitefleetError) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const isUnreachable = /connect|handshake|timed? ?out|unavailable/iu.test(message);
    const error = new LitefleetError(
      isUnreachable ? `The primary cannot be reached: ${message}` : `The sync failed: ${message}`,
      isUnreachable ? "PRIMARY_UNREACHABLE" : "SYNC_FAILED",
      { isRetryable: isUnreachable, cause },
    );
    this.#lastError = error;
    this.#parts.events.emit("error", { error });
    return error;
  }
}

function isLocalRead(statement: BoundStatement): boolean {
  const { kind, pragma } = statement.parsed;
  return kind === "read" || (pragma !== undefined && pragmaScope(pragma) === "read");
}
