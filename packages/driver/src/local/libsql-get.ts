import type Database from "libsql";
import type { SqlValue } from "../engine.ts";

/**
 * Runs a statement by the library's `get()`: it reads a first row in a third of the time of `all()`, and runs an insert in two
 * thirds of that of `run()`. That call resets the statement when it ends, but neither when it begins nor when it fails; and the
 * arguments of a statement that was not reset are not bound, so it would run with those of the call before. Hence a compiled
 * statement that nothing else runs, and that runs by `all()` after a failure.
 */
export class GetStatement {
  readonly #compile: () => Database.Statement;
  #statement: Database.Statement;
  #isReset = true;
  #asBigInt = false;

  /** @param compile gives the statement, in raw mode if it returns rows; a new one each time. */
  constructor(compile: () => Database.Statement) {
    this.#compile = compile;
    this.#statement = compile();
  }

  /** The first row, or none; with `asBigInt` its integers are bigints. */
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
