import type Database from "libsql";
import type { SqlValue } from "../engine.ts";
import type { NativeRows } from "./native.ts";

/**
 * Ends statements before their last row. The library cannot reset one, but an interrupt ends every statement that is under way
 * on the connection at its next step: so those left early wait until no other is being read.
 */
export class OpenRowsOfConnection {
  readonly #interrupt: () => void;
  readonly #reading = new Set<Iterator<unknown>>();
  readonly #left = new Set<Iterator<unknown>>();

  constructor(interrupt: () => void) {
    this.#interrupt = interrupt;
  }

  opened(rows: Iterator<unknown>): void {
    this.#reading.add(rows);
  }

  ended(rows: Iterator<unknown>): void {
    this.#reading.delete(rows);
    this.#endThoseLeft();
  }

  left(rows: Iterator<unknown>): void {
    this.#reading.delete(rows);
    this.#left.add(rows);
    this.#endThoseLeft();
  }

  #endThoseLeft(): void {
    if (this.#reading.size > 0 || this.#left.size === 0) return;
    this.#interrupt();
    for (const rows of this.#left) drain(rows);
    this.#left.clear();
  }
}

/** Takes the rows that were fetched already, and the step that meets the interrupt. */
function drain(rows: Iterator<unknown>): void {
  try {
    while (rows.next().done !== true);
  } catch {
    // The interrupt.
  }
}

/** The rows of a statement in raw mode, one by one, each given to `read` first. */
export function iterateRows(
  statement: Database.Statement,
  args: readonly SqlValue[],
  openRows: OpenRowsOfConnection,
  read?: (row: unknown[]) => void,
): NativeRows {
  const rows = statement.safeIntegers(true).iterate(args) as Iterator<unknown[]>;
  openRows.opened(rows);
  return {
    next() {
      const step = rows.next();
      if (step.done !== true) {
        read?.(step.value);
        return step.value;
      }
      openRows.ended(rows);
      return undefined;
    },
    close: () => openRows.left(rows),
  };
}
