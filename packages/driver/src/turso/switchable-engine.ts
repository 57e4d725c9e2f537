import type { Replicated } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  JournalMode,
  RawResult,
  TransactionMode,
} from "../api.ts";
import type { BoundStatement, Engine, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import { LitefleetError, unsupported } from "../errors.ts";
import type { Release } from "../local/write-queue.ts";
import { DeferredChunks } from "../deferred-chunks.ts";

/** The journal modes that a file of the engine can be in. */
export type FileMode = "mvcc" | "wal";

/** What a switch needs of the engine that is open. */
export interface SwitchedEngine extends Engine {
  /** Whether transactions or iterations are open. */
  readonly isBusy: boolean;
  /** Waits until the writes that were called before have ended, and keeps others from beginning. */
  acquireTurn(): Promise<Release>;
  /** Brings all that was committed into the database file, and puts that into WAL mode. */
  leaveFileInWal(): void;
}

/** A file that was opened. */
export interface OpenedFile {
  readonly engine: SwitchedEngine;
  /** The mode that it is in: another client of the process may have chosen it. */
  readonly mode: FileMode;
  /** Whether another client of the process has it open too. */
  readonly isShared: () => boolean;
}

/** A Turso database in a file, which can be put into another journal mode: it is closed and opened anew for that. */
export class SwitchableEngine implements Engine {
  readonly name = "turso";
  readonly protocol = "file";
  readonly #open: (mode: FileMode) => OpenedFile;
  #file: OpenedFile;
  #switching: Promise<unknown> | undefined;
  #isClosed = false;

  /** @param open opens the file and puts it into a mode; leaves it as it was if that fails. */
  constructor(open: (mode: FileMode) => OpenedFile) {
    this.#open = open;
    this.#file = open("mvcc");
  }

  get capabilities(): Capabilities {
    return this.#file.engine.capabilities;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    const { pragma } = statement.parsed;
    if (pragma?.name === "journal_mode" && pragma.value !== undefined) return staysIn(this.#file.mode);
    return this.#when((engine) => engine.execute(statement, options));
  }

  batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BatchOptions,
  ): MaybePromise<RawResult[]> {
    return this.#when((engine) => engine.batch(statements, mode, options));
  }

  migrate(statements: readonly BoundStatement[]): MaybePromise<RawResult[]> {
    return this.#when((engine) => engine.migrate(statements));
  }

  script(sql: string, options: CallOptions): MaybePromise<void> {
    return this.#when((engine) => engine.script(sql, options));
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    if (this.#switching === undefined) return this.#file.engine.iterate(statement, options);
    return new DeferredChunks(async () => this.#when((engine) => engine.iterate(statement, options)));
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    return this.#when((engine) => engine.begin(mode, options));
  }

  async journalMode(wanted?: JournalMode): Promise<JournalMode> {
    while (this.#switching !== undefined) await this.#switching;
    const { mode } = this.#file;
    if (wanted === undefined || wanted === mode) return mode;
    if (wanted !== "mvcc" && wanted !== "wal") {
      throw unsupported(`The journal mode ${wanted}`, 'The Turso engine knows "mvcc" and "wal".');
    }
    const switched = this.#switch(wanted);
    const done = (): void => {
      this.#switching = undefined;
    };
    this.#switching = switched.then(done, done);
    await switched;
    return wanted;
  }

  sync(): Promise<Replicated> {
    return this.#file.engine.sync();
  }

  status(): Omit<ClientStatus, "closed"> {
    return this.#file.engine.status();
  }

  close(): void {
    this.#isClosed = true;
    this.#file.engine.close();
  }

  /** Runs a call now, or after the switch that is under way. */
  #when<T>(call: (engine: Engine) => MaybePromise<T>): MaybePromise<T> {
    if (this.#switching === undefined) return call(this.#file.engine);
    return this.#switching.then(() => this.#when(call));
  }

  async #switch(wanted: FileMode): Promise<void> {
    const { engine, mode } = this.#file;
    this.#checkAlone();
    const turn = await engine.acquireTurn();
    try {
      if (this.#isClosed) throw new LitefleetError("The client was closed while the call waited", "CLIENT_CLOSED");
      this.#checkAlone();
      // From here on nothing waits: nobody can come between.
      engine.leaveFileInWal();
      engine.close();
      try {
        this.#file = this.#open(wanted);
      } catch (error) {
        this.#file = this.#open(mode);
        throw error;
      }
    } finally {
      turn();
    }
  }

  #checkAlone(): void {
    if (this.#file.engine.isBusy) {
      throw new LitefleetError(
        "The journal mode cannot be changed while transactions or iterations are open. End them first.",
        "TRANSACTION_ACTIVE",
        { isRetryable: true },
      );
    }
    if (this.#file.isShared()) {
      throw new LitefleetError(
        "The journal mode cannot be changed while another client of this process has the file open. Close it first.",
        "SQLITE_BUSY",
        { extendedCode: "SQLITE_BUSY", rawCode: 5, isRetryable: true },
      );
    }
  }
}

/** The answer to a PRAGMA that asks for another journal mode, as SQLite answers one that it cannot follow: the mode that stays. */
function staysIn(mode: FileMode): RawResult {
  return { columns: ["journal_mode"], columnTypes: [""], rows: [[mode]], rowsAffected: 0, lastInsertRowid: undefined };
}
