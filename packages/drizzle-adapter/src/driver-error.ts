import { LitefleetBatchError, LitefleetError } from "@litefleet/driver";

/**
 * The driver's error behind an error that a query, batch or transaction rejected with; `undefined` if the database had
 * no part in it.
 *
 * Drizzle wraps the failure of a query in a `DrizzleQueryError`, which names the SQL and keeps the driver's error as its
 * `cause`; a transaction that fails to begin or to commit rejects with the driver's error itself. This finds it in
 * either place.
 *
 * @example
 * ```ts
 * try {
 *   await db.insert(users).values({ email });
 * } catch (error) {
 *   if (driverError(error)?.extendedCode !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
 *   return "taken";
 * }
 * ```
 */
export function driverError(error: unknown): LitefleetError | LitefleetBatchError | undefined {
  const seen = new Set<unknown>();
  for (let current = error; current instanceof Error && !seen.has(current); current = current.cause) {
    if (current instanceof LitefleetError || current instanceof LitefleetBatchError) return current;
    seen.add(current);
  }
  return undefined;
}
