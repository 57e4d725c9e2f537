const marked = new WeakSet<object>();

/** Marks an engine's error as one that a concurrent transaction cannot avoid: its next run must be exclusive. Returns it. */
export function markNeedsExclusive<E extends Error>(error: E): E {
  marked.add(error);
  return error;
}

/** Whether the transaction that failed with `error` must run again in mode `"write"`. */
export function needsExclusive(error: Error): boolean {
  return marked.has(error);
}
