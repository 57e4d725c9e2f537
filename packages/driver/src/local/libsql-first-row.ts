import type Database from "libsql";
import type { SqlValue } from "../engine.ts";

/**
 * Reads the first row of a query by the library's `get()`, which takes a third of the time of its `all()`. That call resets the
 * statement when it ends, but neither when it begins nor when it fails; and the arguments of a statement that was not reset are
 * not bound, so it would answer those of the call before. Hence a statement of its own, which runs by `all()` after a failure.
 */
export class FirstRow {
  readonly #compile: () => Database.Statement;
  #statement: Database.Statement;
  #isReset = true;
  #asBigInt = false;

  /** @param compile gives the query's statement in raw mode, a new one each time. */
  constructor(compile: () => Database.Statement) {
    this.#compile = compile;
    this.#statement = compile();
  }

  /** The first row, or none. */
  read(args: readonly SqlValue[], asBigInt: boolean): unknown[][] {
    this.#readAs(asBigInt);
    if (!this.#isReset) return this.#readAgain(args);
    this.#isReset = false;
    const row = this.#statement.get(args) as unknown[] | undefined;
    this.#isReset = true;
    return row === undefined ? [] : [row];
  }

  /** Resets the statement by running it the other way, which leaves nothing open, and goes on with a new one. */
  #readAgain(args: readonly SqlValue[]): unknown[][] {
    const rows = this.#statement.all(args) as unknown[][];
    this.#statement = this.#compile();
    this.#asBigInt = false;
    this.#isReset = true;
    return rows.slice(0, 1);
  }

  #readAs(asBigInt: boolean): void {
    if (asBigInt === this.#asBigInt) return;
    this.#statement.safeIntegers(asBigInt);
    this.#asBigInt = asBigInt;
  }
}
