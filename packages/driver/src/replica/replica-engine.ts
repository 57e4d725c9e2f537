import type { Replicated } from "@libsql/core/api";
import type {
  BatchOptions,
  BeginOptions,
  CallOptions,
  Capabilities,
  ClientStatus,
  RawResult,
  TransactionMode,
  WaitForOptions,
} from "../api.ts";
import type { BoundStatement, Engine, EngineTransaction, RowChunks } from "../engine.ts";
import { LitefleetError } from "../errors.ts";
import type { LocalEngine } from "../local/local-engine.ts";
import { pragmaScope } from "../local/session-pragmas.ts";
import type { RemoteCallOptions, RemoteEngine } from "../remote/remote-engine.ts";
import { DeferredChunks } from "../deferred-chunks.ts";
import type { Follower } from "./follower.ts";
import { onPrimary } from "./primary-errors.ts";
import { ReplicaTransaction } from "./replica-transaction.ts";
import { WrittenChunks } from "./written-chunks.ts";

/** SQLite's extended code for a file that ends before the page that was to be read. */
const shortRead = 522;

/** What a replica is made of. */
export interface ReplicaParts {
  readonly primary: RemoteEngine;
  readonly follower: Follower;
  readonly readYourWrites: boolean;
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
  readonly #follower: Follower;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.#follower = parts.follower;
    this.capabilities = { ...parts.primary.capabilities, sync: true };
  }

  execute(statement: BoundStatement, options: CallOptions): Promise<RawResult> | RawResult {
    if (isLocalRead(statement)) {
      const { local } = this.#follower;
      if (local === undefined || options.maxStalenessMs !== undefined || options.minPosition !== undefined) {
        return this.#readWhenFresh(statement, options);
      }
      return this.#read(local, options, (copy) => copy.execute(statement, options));
    }
    return this.#write(options, (noting) => this.#parts.primary.execute(statement, noting));
  }

  async batch(
    statements: readonly BoundStatement[],
    mode: TransactionMode,
    options: BatchOptions,
  ): Promise<RawResult[]> {
    if (mode !== "write" && statements.every(isLocalRead)) {
      const local = await this.#follower.copy(options);
      return this.#read(local, options, (copy) => copy.batch(statements, mode, options));
    }
    return this.#write(options, (noting) => this.#parts.primary.batch(statements, mode, noting));
  }

  migrate(statements: readonly BoundStatement[], options: CallOptions = {}): Promise<RawResult[]> {
    return this.#write(options, (noting) => this.#parts.primary.migrate(statements, noting));
  }

  script(sql: string, options: CallOptions): Promise<void> {
    return this.#write(options, (noting) => this.#parts.primary.script(sql, noting));
  }

  iterate(statement: BoundStatement, options: CallOptions): RowChunks {
    if (!isLocalRead(statement)) return this.#iterateWrite(statement, options);
    return new DeferredChunks(async () => {
      const local = this.#follower.local ?? (await this.#follower.copy(options));
      return local.iterate(statement, options);
    });
  }

  async begin(mode: TransactionMode, options: BeginOptions): Promise<EngineTransaction> {
    if (mode === "read") return (await this.#follower.copy(options)).begin(mode, options);
    let written: number | undefined;
    const noting = { ...options, onReplicationIndex: (index: number) => (written = index) };
    const transaction = await onPrimary(() => this.#parts.primary.begin(mode, noting));
    return new ReplicaTransaction(transaction, () => this.#afterWrite(written));
  }

  /** Calls of one moment share a sync. */
  sync(): Promise<Replicated> {
    return this.#follower.sync();
  }

  position(): string | undefined {
    return this.#follower.position();
  }

  waitFor(position: string, options: WaitForOptions): Promise<void> {
    return this.#follower.waitFor(position, options);
  }

  status(): Omit<ClientStatus, "closed"> {
    const local = this.#follower.local?.status();
    return {
      engine: this.name,
      openConnections: (local?.openConnections ?? 0) + this.#parts.primary.status().openConnections,
      queuedWrites: this.#parts.primary.status().queuedWrites,
      replica: this.#follower.status(),
    };
  }

  close(): void {
    this.#parts.primary.close();
    this.#follower.close();
  }

  #iterateWrite(statement: BoundStatement, options: CallOptions): RowChunks {
    let written: number | undefined;
    const noting = { ...options, onReplicationIndex: (index: number) => (written = index) };
    return new WrittenChunks(this.#parts.primary.iterate(statement, noting), () => this.#afterWrite(written));
  }

  async #readWhenFresh(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    const { minPosition, maxStalenessMs } = options;
    if (minPosition !== undefined) await this.#follower.waitFor(minPosition, options);
    if (maxStalenessMs !== undefined) await this.#follower.refresh(maxStalenessMs, options);
    const local = await this.#follower.copy(options);
    return this.#read(local, options, (copy) => copy.execute(statement, options));
  }

  /** Reads from the copy; if that turns out to be corrupt, once more from a new one. */
  #read<T>(local: LocalEngine, options: CallOptions, read: (local: LocalEngine) => Promise<T> | T): Promise<T> | T {
    const heal = async (error: unknown): Promise<T> => {
      if (!isCorrupt(error)) throw error;
      return read(await this.#follower.heal(local, error, options));
    };
    try {
      const result = read(local);
      return result instanceof Promise ? result.catch(heal) : result;
    } catch (error) {
      return heal(error);
    }
  }

  async #write<T>(options: BatchOptions, write: (noting: RemoteCallOptions) => Promise<T>): Promise<T> {
    let written: number | undefined;
    const noting = { ...options, onReplicationIndex: (index: number) => (written = index) };
    let result: T;
    try {
      result = await onPrimary(() => write(noting));
    } catch (error) {
      if (error instanceof LitefleetError) this.#follower.noteFailure(error);
      throw error;
    }
    await this.#afterWrite(written, options.timeoutMs);
    return result;
  }

  #afterWrite(written: number | undefined, timeoutMs?: number): Promise<void> {
    return this.#follower.noteWrite(written, this.#parts.readYourWrites, timeoutMs);
  }
}

/** Whether an error tells of a damaged file, and not of the statement. */
function isCorrupt(error: unknown): error is LitefleetError {
  if (!(error instanceof LitefleetError)) return false;
  return ["SQLITE_CORRUPT", "SQLITE_NOTADB"].includes(error.code) || error.rawCode === shortRead;
}

function isLocalRead(statement: BoundStatement): boolean {
  const { kind, pragma } = statement.parsed;
  return kind === "read" || (pragma !== undefined && pragmaScope(pragma) === "read");
}
