import { AsyncLocalStorage } from "node:async_hooks";
import { LitefleetError } from "@litefleet/driver";

/** How a transaction inside of another one begins and ends, by its name. */
export interface Brackets {
  begin(name: string): Promise<void>;
  commit(name: string): Promise<void>;
  rollback(name: string): Promise<void>;
}

/** What a piece of code runs inside of; its level is that of the transaction that was begun for it. */
interface Scope {
  level: Level | undefined;
  readonly outer: Scope | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs `work`, and knows what is called from inside of it: the first transaction that is begun there is that of `work`. */
export function inScope<T>(work: () => T): T {
  return scopes.run({ level: undefined, outer: scopes.getStore() }, work);
}

/**
 * A transaction of a migration: its own, or one inside of that. They nest like brackets: while one is open, what is called beside it on
 * the level around waits until it has ended, or it would be undone with it. What is called from inside of it belongs to it.
 */
export class Level {
  readonly #brackets: Brackets;
  readonly #around: Level | undefined;
  readonly #name: string;
  #line = Promise.resolve();
  /** The open transaction inside; it may be one that was begun by hand, of which nobody knows what is inside. */
  #inner: { readonly level: Level; readonly isByHand: boolean } | undefined;
  #count = 0;
  #hasEnded = false;
  #failure: Error | undefined;

  private constructor(brackets: Brackets, around: Level | undefined, name: string) {
    this.#brackets = brackets;
    this.#around = around;
    this.#name = name;
  }

  /**
   * Runs a migration on a level of its own, the outermost.
   *
   * @throws what it throws; an error if it has left a transaction open, or one could not be ended.
   */
  static async run(brackets: Brackets, migration: (level: Level) => Promise<void>): Promise<void> {
    const level = new Level(brackets, undefined, "litefleet");
    try {
      await migration(level);
      if (level.#failure !== undefined) throw level.#failure;
      level.#checkInside();
    } finally {
      level.#hasEnded = true;
    }
  }

  get isOpen(): boolean {
    return !this.#hasEnded && (this.#around?.isOpen ?? true);
  }

  /** Runs `work` in its turn. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    const level = this.#here();
    return level.#inLine(async () => {
      level.#checkOpen();
      return work();
    });
  }

  /** Begins a transaction inside, in its turn. */
  async begin(): Promise<Level> {
    const around = this.#here();
    const scope = scopes.getStore();
    const begun = Promise.withResolvers<Level>();
    void around.#inLine(async () => {
      try {
        around.#checkOpen();
        const inner = await around.#beginInner(scope);
        begun.resolve(inner.level);
        await inner.ended;
      } catch (error) {
        begun.reject(error);
      }
    });
    return begun.promise;
  }

  /** Does nothing once it has ended. */
  async end(how: "commit" | "rollback"): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    try {
      if (how === "commit") await this.#commit();
      else await this.#brackets.rollback(this.#name);
    } catch (error) {
      // Kysely does not tell of a rollback that fails.
      this.#outermost.#failure ??= error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.#onEnd();
    }
  }

  #onEnd = (): void => undefined;

  async #beginInner(scope: Scope | undefined): Promise<{ readonly level: Level; readonly ended: Promise<void> }> {
    const outermost = this.#outermost;
    outermost.#count += 1;
    const level = new Level(this.#brackets, this, `litefleet_${outermost.#count}`);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    level.#onEnd = resolve;
    await this.#brackets.begin(level.#name);
    const isByHand = scope === undefined || scope.level !== undefined;
    if (!isByHand) scope.level = level;
    this.#inner = { level, isByHand };
    return { level, ended };
  }

  async #commit(): Promise<void> {
    try {
      this.#checkInside();
    } catch (error) {
      await this.#brackets.rollback(this.#name);
      throw error;
    }
    await this.#brackets.commit(this.#name);
  }

  get #outermost(): Level {
    return this.#around === undefined ? this : this.#around.#outermost;
  }

  /** The level that a call on this one belongs to, by where it is made. */
  #here(): Level {
    for (let scope = scopes.getStore(); scope !== undefined; scope = scope.outer) {
      const { level } = scope;
      if (level !== undefined && !level.#hasEnded && level.#isWithin(this)) return level.#innermostByHand();
    }
    return this.#innermostByHand();
  }

  #innermostByHand(): Level {
    const inner = this.#inner;
    return inner?.isByHand === true && !inner.level.#hasEnded ? inner.level.#innermostByHand() : this;
  }

  #isWithin(level: Level): boolean {
    return this === level || (this.#around !== undefined && this.#around.#isWithin(level));
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#line.then(work);
    const done = (): void => undefined;
    this.#line = result.then(done, done);
    return result;
  }

  #checkOpen(): void {
    if (!this.isOpen) throw new LitefleetError("The transaction of this query has ended", "TRANSACTION_CLOSED");
  }

  #checkInside(): void {
    if (this.#inner === undefined || this.#inner.level.#hasEnded) return;
    throw new LitefleetError(
      "A transaction was ended while one inside of it is open. Await each transaction before the one around it ends.",
      "TRANSACTION_ACTIVE",
    );
  }
}
