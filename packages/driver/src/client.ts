import type { InStatement, Replicated, ResultSet } from "@libsql/core/api";
import type {
  BatchOptions,
  BatchStatement,
  BeginOptions,
  BoundOptions,
  CallOptions,
  Capabilities,
  Client,
  ClientStatus,
  ForeignKeys,
  IntMode,
  PullResult,
  PushResult,
  JournalMode,
  RawResult,
  Transaction,
  TransactionMode,
  TransactionOptions,
  WaitForOptions,
} from "./api.ts";
import { checkOptions } from "./call-options.ts";
import { ConflictLane } from "./conflict-lane.ts";
import type { BoundStatement, Engine, MaybePromise, RowChunks } from "./engine.ts";
import { LitefleetError, unsupported } from "./errors.ts";
import { describeValue } from "./describe-value.ts";
import { Emitter } from "./events.ts";
import type { ClientEvents } from "./events.ts";
import type { Conflict } from "./offline/conflict.ts";
import { checkJournalMode, journalModeByPragma } from "./journal-mode.ts";
import { ParsedStatements } from "./parsed-statements.ts";
import { checkReadOnly } from "./read-only.ts";
import { toResultSets } from "./result-set.ts";
import { runTransaction } from "./run-transaction.ts";
import { checkSqlText } from "./sql/check-text.ts";
import { StatementRunner } from "./statement-runner.ts";
import { LitefleetTransaction } from "./transaction.ts";
import { throwIfAborted } from "./waiting.ts";
import { within } from "./within.ts";

const modes: ReadonlySet<string> = new Set<TransactionMode>(["write", "read", "deferred", "concurrent"]);

/** Opens the engine of a client: at its creation, and again at `reconnect()`. */
export type OpenEngine = (events: Emitter) => Engine;

/** What a client's calls do unless they are told otherwise. */
export interface ClientDefaults {
  readonly intMode: IntMode;
  readonly foreignKeys: ForeignKeys | undefined;
}

/** The client that users hold: checks what they pass, and leaves the rest to its engine. */
export class LitefleetClient extends StatementRunner implements Client {
  readonly #open: OpenEngine;
  readonly #events = new Emitter();
  readonly #lane = new ConflictLane();
  readonly #foreignKeys: ForeignKeys | undefined;
  #engine: Engine;
  #isClosed = false;

  constructor(open: OpenEngine, { intMode, foreignKeys }: ClientDefaults) {
    super(new ParsedStatements(intMode));
    this.#open = open;
    this.#foreignKeys = foreignKeys;
    this.#engine = open(this.#events);
  }

  override get closed(): boolean {
    return this.#isClosed;
  }

  get protocol(): "file" | "http" | "ws" {
    return this.#engine.protocol;
  }

  get capabilities(): Capabilities {
    return this.#engine.capabilities;
  }

  override runBound(statement: BoundStatement, options: CallOptions): MaybePromise<RawResult> {
    return this.#openEngine().execute(statement, options);
  }

  override openChunks(statement: BoundStatement, options: CallOptions): RowChunks {
    return this.#openEngine().iterate(statement, options);
  }

  async batch(
    stmts: readonly BatchStatement[],
    mode: TransactionMode = "deferred",
    options?: BatchOptions,
  ): Promise<ResultSet[]> {
    const engine = this.#openEngine();
    checkMode(mode);
    const checked = checkOptions(options);
    const bound = this.bindAll(stmts, checked);
    throwIfAborted(checked.signal);
    if (mode === "read") bound.forEach(checkReadOnly);
    return toResultSets(await engine.batch(bound, mode, this.#withDefaults(checked)));
  }

  async migrate(stmts: readonly InStatement[], options?: CallOptions): Promise<ResultSet[]> {
    const engine = this.#openEngine();
    const checked = checkOptions(options);
    throwIfAborted(checked.signal);
    return toResultSets(await engine.migrate(this.bindAll(stmts, checked), checked));
  }

  transaction(mode?: TransactionMode, options?: BeginOptions): Promise<LitefleetTransaction>;
  transaction<T>(callback: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  async transaction<T>(
    modeOrCallback: TransactionMode | ((tx: Transaction) => Promise<T>) = "write",
    options?: BeginOptions & TransactionOptions,
  ): Promise<LitefleetTransaction | T> {
    const checked = checkOptions(options);
    if (typeof modeOrCallback !== "function") return this.#begin(modeOrCallback, checked);
    if (checked.mode !== undefined) checkMode(checked.mode);
    return runTransaction((mode, limits) => this.#begin(mode, limits), modeOrCallback, checked, {
      events: this.#events,
      lane: this.#lane,
      isMvcc: this.capabilities.concurrentWrites === "mvcc",
    });
  }

  override async executeMultiple(sql: string, options?: CallOptions): Promise<void> {
    checkSqlText(sql);
    const engine = this.#openEngine();
    const checked = checkOptions(options);
    throwIfAborted(checked.signal);
    await engine.script(sql, checked);
  }

  async journalMode(mode?: "mvcc" | "wal"): Promise<JournalMode> {
    const engine = this.#openEngine();
    checkJournalMode(mode);
    return engine.journalMode?.(mode) ?? journalModeByPragma(this, mode);
  }

  async sync(options?: BoundOptions): Promise<Replicated> {
    const engine = this.#openEngine();
    const checked = checkOptions(options);
    throwIfAborted(checked.signal);
    return within(engine.sync(), checked, "the sync");
  }

  async push(options?: BoundOptions): Promise<PushResult> {
    const engine = this.#openEngine();
    if (engine.push === undefined) throw noOfflineWrites("push()");
    const checked = checkOptions(options);
    throwIfAborted(checked.signal);
    return within(engine.push(), checked, "the push");
  }

  async pull(options?: BoundOptions): Promise<PullResult> {
    const engine = this.#openEngine();
    if (engine.pull === undefined) throw noOfflineWrites("pull()");
    const checked = checkOptions(options);
    throwIfAborted(checked.signal);
    return within(engine.pull(), checked, "the pull");
  }

  async conflicts(): Promise<Conflict[]> {
    const engine = this.#openEngine();
    if (engine.conflicts === undefined) throw noOfflineWrites("conflicts()");
    return engine.conflicts();
  }

  position(): string | undefined {
    const engine = this.#openEngine();
    if (engine.position === undefined) throw noPosition();
    return engine.position();
  }

  async waitFor(position: string, options?: WaitForOptions): Promise<void> {
    const engine = this.#openEngine();
    if (engine.waitFor === undefined) throw noPosition();
    await engine.waitFor(position, checkOptions(options));
  }

  status(): ClientStatus {
    return { ...this.#engine.status(), closed: this.#isClosed };
  }

  on<E extends keyof ClientEvents>(event: E, listener: (payload: ClientEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#engine.close();
  }

  async reconnect(): Promise<void> {
    this.#engine.close();
    this.#engine = this.#open(this.#events);
    this.#isClosed = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #begin(mode: TransactionMode, options: BeginOptions): Promise<LitefleetTransaction> {
    const engine = this.#openEngine();
    checkMode(mode);
    throwIfAborted(options.signal);
    return new LitefleetTransaction(await engine.begin(mode, this.#withDefaults(options)), mode, this.statements);
  }

  #withDefaults<O extends BatchOptions | BeginOptions>(options: O): O {
    const foreignKeys = this.#foreignKeys;
    return foreignKeys === undefined || options.foreignKeys !== undefined ? options : { ...options, foreignKeys };
  }

  #openEngine(): Engine {
    if (this.#isClosed) throw new LitefleetError("The client is closed", "CLIENT_CLOSED");
    return this.#engine;
  }
}

/** The error for a position of what cannot lie behind a primary. */
export function noPosition(): LitefleetError {
  return unsupported("A position", "Only an embedded replica, opened with `syncUrl`, can lie behind its primary.");
}

function noOfflineWrites(what: string): LitefleetError {
  return unsupported(
    what,
    'Only a client with offline writes has it: engine: "turso" with `syncUrl` and `offline: true`.',
  );
}

function checkMode(mode: TransactionMode): void {
  if (modes.has(mode)) return;
  throw new RangeError(
    `Unknown transaction mode ${describeValue(mode)}, supported values are "write", "read", "deferred" and "concurrent"`,
  );
}
