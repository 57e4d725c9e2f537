import { AsyncLocalStorage } from "node:async_hooks";

/** What a transaction must tell about itself to those that are called from inside its callback. */
export interface ScopedTransaction {
  /** Whether it has the turn of this line now. */
  holdsTurnOf(queue: object): boolean;
}

interface Scope {
  readonly transaction: ScopedTransaction;
  readonly outer: Scope | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs a transaction's callback, so that calls made from inside it can be told from others. */
export function runInScope<T>(transaction: ScopedTransaction, callback: () => T): T {
  return scopes.run({ transaction, outer: scopes.getStore() }, callback);
}

/**
 * Whether the caller is inside the callback of a transaction that holds the turn of `queue`. Waiting for the turn there is
 * waiting for oneself, if the call is awaited.
 */
export function isInsideTurnOf(queue: object): boolean {
  for (let scope = scopes.getStore(); scope !== undefined; scope = scope.outer) {
    if (scope.transaction.holdsTurnOf(queue)) return true;
  }
  return false;
}
