import type { CallOptions, RawResult } from "../api.ts";
import type { BoundStatement, MaybePromise } from "../engine.ts";
import { abortedError, timeoutError } from "../waiting.ts";
import { whileBusy } from "./busy.ts";
import { isBusy } from "./classify.ts";
import type { Connection } from "./connection.ts";
import { afterTurn, isTurnDue } from "./event-loop.ts";
import { ReadBarrier } from "./read-barrier.ts";
import type { Release, WriteQueue } from "./write-queue.ts";

/** The most statements in one transaction, unless the host says otherwise. */
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

/** A place in the line of writers, and the writes that share it. */
interface Place {
  readonly writes: QueuedWrite[];
  /** Its number in the line; it is the last as long as nobody has a higher one. */
  ticket: number;
  lastPosition: number;
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
  /** The most statements in one transaction. Default 1,000. */
  readonly maxGroupSize?: number;
  /** After a statement that is not INSERT, UPDATE or DELETE has run. */
  readonly onOther: (statement: BoundStatement) => void;
}

/**
 * The autocommit writes of one client, in the order they were called. Those that wait together run as one transaction and
 * so share one fsync (group commit); each is answered after COMMIT, with its own result. A statement that fails alone fails
 * alone: SQLite undoes just that statement. What ends the transaction (OR ROLLBACK, a deferred foreign key at COMMIT) makes
 * the others run again, each on its own.
 *
 * A write takes its place in the line of writers when it is called. It joins the place of the write before it unless
 * somebody has come in between: a transaction of the client, or another client.
 */
export class WriteGroup {
  readonly #host: WriteGroupHost;
  readonly #barrier = new ReadBarrier();
  readonly #places: Place[] = [];
  /** The place that has the turn. */
  #current: Place | undefined;
  #called = 0;
  #isRunning = false;
  #isBlocked = false;

  constructor(host: WriteGroupHost) {
    this.#host = host;
  }

  /** Writes that wait. */
  get length(): number {
    return this.#places.reduce((sum, { writes }) => sum + writes.length, 0);
  }

  /**
   * Resolves when the writes called so far have been answered; `undefined` if there are none. What waits for a transaction,
   * another client or another process does not count: it may wait for long.
   */
  get settled(): Promise<void> | undefined {
    const place = this.#current;
    if (place === undefined || this.#isBlocked) return undefined;
    if (place.writes.length === 0 && !this.#isRunning) return undefined;
    return this.#barrier.after(place.lastPosition);
  }

  push(statement: BoundStatement, options: CallOptions): Promise<RawResult> {
    if (options.signal !== undefined || options.timeoutMs !== undefined) return this.#pushLimited(statement, options);
    return new Promise((resolve, reject) => {
      this.#push(statement, resolve, reject);
    });
  }

  /** Fails what still waits. */
  rejectAll(toError: () => Error): void {
    for (const { writes } of this.#places) {
      for (const write of writes.splice(0)) write.reject(toError());
    }
  }

  #push(statement: BoundStatement, resolve: QueuedWrite["resolve"], reject: QueuedWrite["reject"]): QueuedWrite {
    this.#called += 1;
    const write: QueuedWrite = { statement, resolve, reject, position: this.#called, queuedAt: performance.now() };
    const last = this.#places.at(-1);
    if (last !== undefined && last.ticket === this.#host.queue.lastTicket) {
      last.writes.push(write);
      last.lastPosition = write.position;
    } else {
      void this.#work({ writes: [write], ticket: 0, lastPosition: write.position });
    }
    return write;
  }

  /** A write that can be taken back while it waits; once it runs, it is too late. */
  #pushLimited(statement: BoundStatement, { signal, timeoutMs }: CallOptions): Promise<RawResult> {
    const { promise, resolve, reject } = Promise.withResolvers<RawResult>();
    const write = this.#push(statement, resolve, reject);
    const takeBack = (error: Error): void => {
      for (const { writes } of this.#places) {
        const at = writes.indexOf(write);
        if (at < 0) continue;
        writes.splice(at, 1);
        reject(error);
      }
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

  /** Takes a place in the line at once, and keeps it until its writes are answered. */
  async #work(place: Place): Promise<void> {
    this.#places.push(place);
    while (place.writes.length > 0) {
      const release = await this.#takeTurn(place);
      if (release === undefined) continue;
      this.#current = place;
      try {
        await this.#runWrites(place);
      } finally {
        this.#current = undefined;
        this.#barrier.passed(Number.POSITIVE_INFINITY);
        release();
      }
    }
    this.#places.splice(this.#places.indexOf(place), 1);
  }

  #takeTurn(place: Place): MaybePromise<Release | undefined> {
    const { queue, owner, acquireTurn } = this.#host;
    const release = queue.tryAcquire(owner);
    const waiting = release === undefined ? acquireTurn() : undefined;
    place.ticket = queue.lastTicket;
    if (waiting === undefined) {
      this.#current = place;
      return release;
    }
    return waiting.catch((error: unknown) => {
      rejectImpatient(place.writes, error);
      return undefined;
    });
  }

  async #runWrites(place: Place): Promise<void> {
    while (place.writes.length > 0) {
      this.#isRunning = true;
      await this.#runGroup(place.writes);
      this.#isRunning = false;
      this.#barrier.passed(place.writes[0]?.position ?? Number.POSITIVE_INFINITY);
      // Let timers and sockets have their turn between groups.
      if (isTurnDue(commitWeight) || place.writes.length > 0) await afterTurn(undefined);
      this.#host.queue.progress();
    }
  }

  /** Lets reads pass: the writes before them cannot run before somebody else gives up a lock. */
  #block(): void {
    this.#isBlocked = true;
    this.#barrier.passed(Number.POSITIVE_INFINITY);
  }

  async #runGroup(writes: QueuedWrite[]): Promise<void> {
    const group = takeGroup(writes, this.#host.maxGroupSize ?? maxGroupSize);
    if (group.length === 1) return this.#runAlone(group[0]!);
    try {
      const outcomes = await this.#whileBusy(() => this.#runTogether(group));
      for (let i = 0; i < outcomes.length; i += 1) settle(group[i]!, outcomes[i]!);
      // What did not fit into the time goes first next time.
      writes.unshift(...group.slice(outcomes.length));
    } catch (error) {
      if (isBusy(error)) for (const write of group) write.reject(error);
      else await this.#runEachAlone(group);
    }
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

/** Takes the writes at the head that may share a transaction, or one that may not. */
function takeGroup(writes: QueuedWrite[], most: number): QueuedWrite[] {
  let size = 0;
  const limit = Math.min(writes.length, most);
  while (size < limit && writes[size]!.statement.parsed.kind === "write") size += 1;
  return writes.splice(0, Math.max(1, size));
}

/** The turn was not to be had in time: those that waited from the start give up. */
function rejectImpatient(writes: QueuedWrite[], error: unknown): void {
  const waitedSince = writes[0]?.queuedAt ?? 0;
  while (writes.length > 0 && writes[0]!.queuedAt <= waitedSince + 1) writes.shift()!.reject(error);
}
