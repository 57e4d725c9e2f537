import type { CallOptions, RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import { afterTurn, isTurnDue } from "./event-loop.ts";
import { ReadBarrier } from "./read-barrier.ts";
import type { Release, WriteQueue } from "./write-queue.ts";

/** The most statements in one transaction. */
const maxGroupSize = 1_000;

/** The most time that a group keeps the event loop busy, in milliseconds. */
const maxGroupMs = 8;

/** What a commit weighs for {@link isTurnDue}: look at the clock each time. */
const commitWeight = 16;

interface QueuedWrite {
  readonly statement: BoundStatement;
  readonly resolve: (result: RawResult) => void;
  readonly reject: (error: unknown) => void;
  /** Its place in the order of all calls. */
  readonly position: number;
  readonly queuedAt: number;
}

type Outcome = { readonly result: RawResult } | { readonly error: unknown };

/** What the group needs of its engine. */
export interface WriteGroupHost {
  /** Whom the turns are taken for. */
  readonly owner: object;
  /** The connection of autocommit statements, outside a transaction and sound for what is to run. */
  readonly connection: (sql: string) => Connection;
  readonly queue: WriteQueue;
  /** Waits for the turn to write. */
  readonly acquireTurn: () => Promise<Release>;
  readonly patienceMs: () => number | undefined;
  /** After a statement that is not INSERT, UPDATE or DELETE has run. */
  readonly onOther: (statement: BoundStatement) => void;
}

/**
 * The autocommit writes of one client, in the order they were called. Those that wait together run as one transaction and
 * so share one fsync (group commit); each is answered after COMMIT, with its own result. A statement that fails alone fails
 * alone: SQLite undoes just that statement. What ends the transaction (OR ROLLBACK, a deferred foreign key at COMMIT) makes
 * the others run again, each on its own.
 */
export class WriteGroup {
  readonly #host: WriteGroupHost;
  readonly #barrier = new ReadBarrier();
  readonly #queued: QueuedWrite[] = [];
  #called = 0;
  #isDraining = false;
  #isRunning = false;
  #isBlocked = false;

  constructor(host: WriteGroupHost) {
    this.#host = host;
  }

  get length(): number {
    return this.#queued.length;
  }

  /** Resolves when the writes called so far have been answered; `undefined` if there are none, or if they wait for a lock. */
  get settled(): Promise<void> | undefined {
    if (this.#isBlocked || (this.#queued.length === 0 && !this.#isRunning)) return undefined;
    return this.#barrier.after(this.#called);
  }

  push(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    if (options.signal !== undefined || options.timeoutMs !== undefined) return this.#pushLimited(statement, options);
    return new Promise((resolve, reject) => {
      this.#push({ statement, resolve, reject });
    });
  }

  /** Fails what still waits. */
  rejectAll(error: Error): void {
    for (const write of this.#queued.splice(0)) write.reject(error);
  }

  #push(call: Pick<QueuedWrite, "statement" | "resolve" | "reject">): QueuedWrite {
    this.#called += 1;
    const write: QueuedWrite = { ...call, position: this.#called, queuedAt: performance.now() };
    this.#queued.push(write);
    if (this.#isDraining) return write;
    this.#isDraining = true;
    // What is called in this turn of the microtask queue joins the group.
    queueMicrotask(() => void this.#drain());
    return write;
  }

  /** A write that can be taken back while it waits; once it runs, it is too late. */
  #pushLimited(statement: BoundStatement, { signal, timeoutMs }: CallOptions): Promise<RawResult> {
    const { promise, resolve, reject } = Promise.withResolvers<RawResult>();
    const write = this.#push({ statement, resolve, reject });
    const takeBack = (error: Error): void => {
      const at = this.#queued.indexOf(write);
      if (at < 0) return;
      this.#queued.splice(at, 1);
      reject(error);
    };
    const onAbort = (): void => takeBack(abortedError(signal!));
    const onTimeout = (): void => takeBack(timeoutError(timeoutMs!, "its turn to write"));
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  }

  async #drain(): Promise<void> {
    const { queue, owner } = this.#host;
    while (this.#queued.length > 0) {
      const release = queue.tryAcquire(owner) ?? (await this.#waitForTurn());
      if (release === undefined) continue;
      this.#isRunning = true;
      try {
        await this.#runGroup();
      } finally {
        this.#isRunning = false;
        release();
        this.#barrier.passed(this.#queued[0]?.position ?? Number.POSITIVE_INFINITY);
      }
      // Let timers and sockets have their turn between groups.
      if (isTurnDue(commitWeight) || this.#queued.length > 0) await afterTurn(undefined);
    }
    this.#isDraining = false;
  }

  async #waitForTurn(): Promise<Release | undefined> {
    this.#block();
    try {
      return await this.#host.acquireTurn();
    } catch (error) {
      this.#rejectImpatient(error);
      return undefined;
    } finally {
      this.#isBlocked = false;
    }
  }

  /** Lets reads pass: the writes before them cannot run before somebody else gives up a lock. */
  #block(): void {
    this.#isBlocked = true;
    this.#barrier.passed(Number.POSITIVE_INFINITY);
  }

  /** The turn was not to be had in time: those that waited from the start give up. */
  #rejectImpatient(error: unknown): void {
    const waitedSince = this.#queued[0]?.queuedAt ?? 0;
    while (this.#queued.length > 0 && this.#queued[0]!.queuedAt <= waitedSince + 1) this.#queued.shift()!.reject(error);
  }

  async #runGroup(): Promise<void> {
    const group = this.#takeGroup();
    if (group.length === 0) return;
    if (group.length === 1) return this.#runAlone(group[0]!);
    try {
      const outcomes = await this.#whileBusy(() => this.#runTogether(group));
      for (let i = 0; i < outcomes.length; i += 1) settle(group[i]!, outcomes[i]!);
      // What did not fit into the time goes first next time.
      this.#queued.unshift(...group.slice(outcomes.length));
    } catch (error) {
      if (isBusy(error)) for (const write of group) write.reject(error);
      else await this.#runEachAlone(group);
    }
  }

  /** The writes at the head that may share a transaction, or one that may not. */
  #takeGroup(): QueuedWrite[] {
    let size = 0;
    const limit = Math.min(this.#queued.length, maxGroupSize);
    while (size < limit && this.#queued[size]!.statement.parsed.kind === "write") size += 1;
    return this.#queued.splice(0, Math.max(1, size));
  }

  /**
   * One attempt at a group, without giving up the event loop. Gives an outcome for the first statements, at least one.
   *
   * @throws if the transaction as a whole cannot stand; then nothing of it has happened.
   */
  #runTogether(group: readonly QueuedWrite[]): Outcome[] {
    const connection = this.#host.connection("BEGIN IMMEDIATE");
    const outcomes: Outcome[] = [];
    const startedAt = performance.now();
    connection.exec("BEGIN IMMEDIATE");
    try {
      for (const { statement } of group) {
        if (outcomes.length > 0 && performance.now() - startedAt > maxGroupMs) break;
        try {
          outcomes.push({ result: connection.run(statement) });
        } catch (error) {
          if (isBusy(error) || !connection.inTransaction) throw error;
          outcomes.push({ error });
        }
      }
      connection.exec("COMMIT");
      return outcomes;
    } catch (error) {
      connection.rollBack();
      throw error;
    }
  }

  async #runEachAlone(group: readonly QueuedWrite[]): Promise<void> {
    for (const write of group) {
      await this.#runAlone(write);
      if (isTurnDue(commitWeight)) await afterTurn(undefined);
    }
  }

  async #runAlone(write: QueuedWrite): Promise<void> {
    const { connection, onOther } = this.#host;
    const { statement } = write;
    try {
      const result = await this.#whileBusy(() => connection(statement.sql).run(statement));
      if (statement.parsed.kind !== "write") onOther(statement);
      write.resolve(result);
    } catch (error) {
      write.reject(error);
    }
  }

  async #whileBusy<T>(attempt: () => T): Promise<T> {
    try {
      return await whileBusy(
        () => {
          try {
            return attempt();
          } catch (error) {
            if (isBusy(error)) this.#block();
            throw error;
          }
        },
        this.#host.patienceMs(),
        {},
      );
    } finally {
      this.#isBlocked = false;
    }
  }
}

function settle(write: QueuedWrite, outcome: Outcome): void {
  if ("error" in outcome) write.reject(outcome.error);
  else write.resolve(outcome.result);
}
