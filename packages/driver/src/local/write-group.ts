import type { CallOptions, RawResult } from "../api.ts";
import type { BoundStatement } from "../engine.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import type { Release, WriteQueue } from "./write-queue.ts";

/** The most statements in one transaction. */
const maxGroupSize = 1_000;

/** The most time that a group keeps the event loop busy, in milliseconds. */
const maxGroupMs = 8;

interface QueuedWrite {
  readonly statement: BoundStatement;
  readonly resolve: (result: RawResult) => void;
  readonly reject: (error: unknown) => void;
  readonly queuedAt: number;
}

type Outcome = { readonly result: RawResult } | { readonly error: unknown };

/** What the group needs of its engine. */
export interface WriteGroupHost {
  /** Whom the turns are taken for. */
  readonly owner: object;
  /** The connection of autocommit statements, sound and outside a transaction. */
  readonly connection: () => Connection;
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
  readonly #queued: QueuedWrite[] = [];
  #isDraining = false;
  #isBlocked = false;
  #drained: Promise<void> = Promise.resolve();

  constructor(host: WriteGroupHost) {
    this.#host = host;
  }

  get length(): number {
    return this.#queued.length;
  }

  /** Resolves when the writes called so far have run; `undefined` if there are none, or none that can run now. */
  get settled(): Promise<void> | undefined {
    return this.#isDraining && !this.#isBlocked ? this.#drained : undefined;
  }

  push(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs } = options;
      const write: QueuedWrite = { statement, resolve, reject, queuedAt: performance.now() };
      if (signal !== undefined || timeoutMs !== undefined) this.#limit(write, options);
      this.#queued.push(write);
      if (this.#isDraining) return;
      this.#isDraining = true;
      // What is called in this turn of the event loop joins the group.
      this.#drained = Promise.resolve().then(() => this.#drain());
    });
  }

  /** Fails what still waits. */
  rejectAll(error: Error): void {
    for (const write of this.#queued.splice(0)) write.reject(error);
  }

  /** Lets a write be taken back while it waits; once it runs, it is too late. */
  #limit(write: QueuedWrite, { signal, timeoutMs }: CallOptions): void {
    const takeBack = (error: Error): void => {
      const at = this.#queued.indexOf(write);
      if (at < 0) return;
      this.#queued.splice(at, 1);
      write.reject(error);
    };
    if (signal !== undefined) signal.addEventListener("abort", () => takeBack(abortedError(signal)), { once: true });
    if (timeoutMs !== undefined)
      setTimeout(() => takeBack(timeoutError(timeoutMs, "its turn to write")), timeoutMs).unref();
  }

  async #drain(): Promise<void> {
    const { queue, owner } = this.#host;
    while (this.#queued.length > 0) {
      const release = queue.tryAcquire(owner) ?? (await this.#waitForTurn());
      if (release === undefined) continue;
      try {
        await this.#runGroup();
      } finally {
        release();
      }
      // Let timers and sockets have their turn between groups.
      if (this.#queued.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isDraining = false;
  }

  async #waitForTurn(): Promise<Release | undefined> {
    this.#isBlocked = true;
    try {
      return await this.#host.acquireTurn();
    } catch (error) {
      this.#rejectImpatient(error);
      return undefined;
    } finally {
      this.#isBlocked = false;
    }
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
    const { patienceMs } = this.#host;
    try {
      const outcomes = await whileBusy(() => this.#runTogether(group), patienceMs(), {});
      for (let i = 0; i < outcomes.length; i += 1) settle(group[i]!, outcomes[i]!);
      // What did not fit into the time goes first next time.
      this.#queued.unshift(...group.slice(outcomes.length));
    } catch (error) {
      if (isBusy(error)) for (const write of group) write.reject(error);
      else for (const write of group) await this.#runAlone(write);
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
    const connection = this.#host.connection();
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
      if (connection.inTransaction) connection.exec("ROLLBACK");
      throw error;
    }
  }

  async #runAlone(write: QueuedWrite): Promise<void> {
    const { connection, onOther, patienceMs } = this.#host;
    const { statement } = write;
    try {
      const result = await whileBusy(() => connection().run(statement), patienceMs(), {});
      if (statement.parsed.kind !== "write") onOther(statement);
      write.resolve(result);
    } catch (error) {
      write.reject(error);
    }
  }
}

function settle(write: QueuedWrite, outcome: Outcome): void {
  if ("error" in outcome) write.reject(outcome.error);
  else write.resolve(outcome.result);
}
