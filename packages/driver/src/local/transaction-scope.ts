import { createAsyncScope } from "../async-scope.ts";

/** What a transaction must tell about itself to those that are called from inside its callback. */
export interface ScopedTransaction {
  /** Whether it has the turn of this line now. */
  holdsTurnOf(queue: object): boolean;
}

interface Enclosing {
  readonly transaction: ScopedTransaction;
  readonly outer: Enclosing | undefined;
}

const scope = createAsyncScope<Enclosing>();

/** Runs a transaction's callback, so that calls made from inside it can be told from others. */
export function runInScope<T>(transaction: ScopedTransaction, callback: () => T): T {
  return scope.run({ transaction, outer: scope.current }, callback);
}

/**
 * Whether the caller is inside the callback of a transaction that holds the turn of `queue`. Waiting for the turn there is
 * waiting for oneself, if the call is awaited.
 */
export function isInsideTurnOf(queue: object): boolean {
  for (let enclosing = scope.current; enclosing !== undefined; enclosing = enclosing.outer) {
    if (enclosing.transaction.holdsTurnOf(queue)) return true;
  }
  return false;
}
