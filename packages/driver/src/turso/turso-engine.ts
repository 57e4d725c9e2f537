import type { Replicated } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  RawResult,
  TransactionMode,
} from "../api.ts";
import type { BoundStatement, EngineTransaction, MaybePromise, RowChunks } from "../engine.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import type { Connection } from "../local/connection.ts";
import type { TransactionSteps } from "../local/local-transaction.ts";
import { ConcurrentSteps } from "./concurrent-steps.ts";
import type { Release, WriteQueue } from "../local/write-queue.ts";
import { whileConflicting } from "./conflict-retry.ts";
import type { OnConflict } from "./conflict-retry.ts";
import type { ForeignKeyWatch } from "./foreign-keys/foreign-key-watch.ts";
import { LogFlush } from "./log-flush.ts";
import { LogKeeper } from "./log-keeper.ts";
import type { SwitchedEngine } from "./switchable-engine.ts";
import { TursoTransaction } from "./turso-transaction.ts";

/** What the engine is made of. */
export interface TursoEngineParts {
  /** Runs everything; its transactions of mode `"read"` begin with `BEGIN CONCURRENT` and take no turn. */
  readonly local: LocalEngine;
  /** The line of those that need the database for themselves. */
  readonly queue: WriteQueue;
  /** Milliseconds that a commit waits for another client's turn. */
  readonly timeoutMs: number | undefined;
  readonly onConflict: OnConflict | undefined;
  readonly foreignKeys: ForeignKeyWatch;
  /** `undefined` without MVCC: in memory, and in WAL mode. */
  readonly mvcc: MvccFile | undefined;
}

/** What a file in MVCC mode has. */
export interface MvccFile {
  /** Its resolved path. */
  readonly path: string;
  /** Commits without waiting for the disk; false if there is nothing to wait for. */
  readonly commitUnsynced: (connection: Connection) => boolean;
}

/**
 * A Turso database: a local engine whose file is in MVCC mode, or one writer at a time without that. Concurrent transactions run beside each other on connections
 * of their own; what needs the database for itself (autocommit writes, transactions of mode `"write"`, a commit) takes its
 * turn in the line of the process. The library itself keeps other processes out of the file.
 *
 * An autocommit write or a batch that conflicts with an open concurrent transaction is repeated until it succeeds or its
 * time is over. A script is not: the statements before the conflict stand.
 */
export class TursoEngine implements SwitchedEngine {
  readonly name = "turso";
  readonly protocol = "file";
  readonly #parts: TursoEngineParts;
  readonly #local: LocalEngine;
  readonly #log: LogKeeper | undefined;
  readonly #plainSteps: TransactionSteps;
  #flush: LogFlush | undefined;

  constructor(parts: TursoEngineParts) {
    this.#parts = parts;
    this.#local = parts.local;
    this.#plainSteps = {
      begin: (connection, sql) => {
        parts.foreignKeys.disarm(connection);
        connection.exec(sql);
      },
      commit: (connection) => connection.exec("COMMIT"),
    };
    if (parts.mvcc === undefined) return;
    this.#log = new LogKeeper(parts.mvcc.path, () => this.#local.script(checkpoint, {}));
    this.#flush = LogFlush.of(parts.mvcc.path);
  }

  get capabilities(): Capabilities {
    return this.#local.capabilities;
  }

  execute(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    const { kind } = statement.parsed;
    if (kind === "read" && readsPragmaTable(statement)) {
      return whileConflicting(() => this.#readAlone(statement, options), options, this.#parts.onConflict);
    }
    if (kind === "read" || kind === "pragma") return this.#local.execute(statement, options);
    return whileConflicting(() => this.#local.execute(statement, options), options, this.#parts.onConflict);
  }

  batch(statements: readonly BoundStatement[], mode: TransactionMode, options: BatchOptions): Promise<RawResult[]> {
    const runMode = modeOfBatch(statements, mode);
    return whileConflicting(() => this.#runBatch(statements, runMode, options), options, this.#parts.onConflict);
  }

  migrate(statements: readonly BoundStatement[], given: CallOptions = {}): Promise<RawResult[]> {
    const options = { ...given, foreignKeys: "off" } as const;
    return whileConflicting(() => this.#runBatch(statements, "write", options), given, this.#parts.onConflict);
  }

  script(sql: string, options: CallOptions): MaybePromise<void> {
    return this.#local.script(sql, options);
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    return this.#local.iterate(statement, options);
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    if (this.#log === undefined) return this.#begin(mode === "concurrent" ? "write" : mode, options);
    if (this.#log.ready !== undefined) await this.#log.ready;
    const transaction = await this.#begin(mode, options);
    this.#log.began(transaction);
    return transaction;
  }

  sync(): Promise<Replicated> {
    return this.#local.sync();
  }

  status(): Omit<ClientStatus, "closed"> {
    return { ...this.#local.status(), engine: this.name };
  }

  close(): void {
    this.#local.close();
    this.#parts.foreignKeys.close();
    this.#flush?.leave();
    this.#flush = undefined;
  }

  get isBusy(): boolean {
    return this.#local.openTransactions + this.#local.openIterations > 0;
  }

  acquireTurn(): Promise<Release> {
    return this.#parts.queue.acquire(this.#local, this.#parts.timeoutMs, {});
  }

  leaveFileInWal(): void {
    this.#local.execAtOnce("PRAGMA journal_mode = 'wal'");
    this.#local.execAtOnce(checkpoint);
  }

  async #begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    const { queue, timeoutMs, foreignKeys, mvcc } = this.#parts;
    if (mode !== "concurrent" || mvcc === undefined || this.#flush === undefined) {
      return new TursoTransaction(await this.#local.begin(mode, options, this.#plainSteps), mode);
    }
    const isChecked = options.foreignKeys === "checked";
    const steps = new ConcurrentSteps({
      foreignKeys,
      isChecked,
      flush: this.#flush,
      commitUnsynced: mvcc.commitUnsynced,
      hasCompany: () => this.#local.openTransactions > 1,
    });
    const inner = await this.#local.begin("read", options, steps);
    return new TursoTransaction(inner, mode, {
      isChecked,
      acquireTurn: (bounds) => queue.acquire(this.#local, timeoutMs, bounds),
      durable: () => steps.durable,
    });
  }

  async #readAlone(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    const transaction = await this.begin("read", options);
    try {
      const result = await transaction.execute(statement, options);
      await transaction.commit();
      return result;
    } finally {
      transaction.close();
    }
  }

  async #runBatch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BeginOptions,
  ): Promise<RawResult[]> {
    const transaction = await this.begin(mode, options);
    try {
      const results = await transaction.batch(statements, options);
      await transaction.commit();
      return results;
    } finally {
      transaction.close();
    }
  }
}

/**
 * Whether a query reads a pragma as a table (`pragma_table_info('t')`). In autocommit such a query leaves its connection with a
 * lock that no other can get past (Turso Database 0.7.2); in a transaction of its own it does not.
 */
function readsPragmaTable({ sql }: BoundStatement): boolean {
  return /\bpragma_\w/iu.test(sql);
}

const checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";

/** The statements are known beforehand, and with them what the transaction will need. */
function modeOfBatch(statements: readonly BoundStatement[], mode: TransactionMode): TransactionMode {
  const needsExclusive = mode === "concurrent" && statements.some(({ parsed }) => parsed.kind === "schema");
  // Taking its turn only with the first write would end in SQLITE_BUSY if another one has written since the first read.
  const isDeferredWrite = mode === "deferred" && statements.some(({ parsed }) => parsed.kind !== "read");
  return needsExclusive || isDeferredWrite ? "write" : mode;
}
