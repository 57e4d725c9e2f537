import type { ChangeKind } from "./change.ts";

/** The values of a row by the names of its columns: blobs are `Uint8Array`, integers beyond 2^53 bigints. */
export type OfflineRow = Readonly<Record<string, null | string | number | bigint | Uint8Array>>;

/** A local change of one row. */
export interface OfflineChange {
  readonly table: string;
  readonly kind: ChangeKind;
  /** The row's key, by column. */
  readonly key: OfflineRow;
  /** The row before the change; `undefined` for an insert. */
  readonly before: OfflineRow | undefined;
  /** The row after the change; `undefined` for a delete. */
  readonly after: OfflineRow | undefined;
}

/** A change that the primary's data stands against. */
export interface RejectedChange extends OfflineChange {
  /**
   * `ROW_CHANGED`: the primary's row no longer has the values that this change replaced. `ROW_GONE`: it is no longer there. Otherwise
   * SQLite's name of the constraint, such as `SQLITE_CONSTRAINT_UNIQUE`.
   */
  readonly code: string;
  /** The same in words. */
  readonly reason: string;
  /** The primary's row with the same key; `undefined` if there is none. */
  readonly theirs: OfflineRow | undefined;
}

/**
 * What becomes of a rejected change.
 *
 * - `"keep"`: it is carried out on the primary's row as that is now.
 * - `"skip"`: it is dropped for good.
 * - `{ rewrite }`: the row becomes the primary's with these values in it, or a new one.
 * - `undefined`: it goes to the conflicts, with all changes of its transaction.
 */
export type Resolution = "keep" | "skip" | { readonly rewrite: Readonly<Record<string, unknown>> } | undefined;

/** Decides about a rejected change, at once: it is called while the database is being brought up to date. */
export type Resolve = (change: RejectedChange) => Resolution;

/** A local transaction that the primary refused. Its changes are no longer in the tables once a pull has ended; they are here. */
export interface Conflict extends RejectedChange {
  readonly id: number;
  /** When it was refused, in milliseconds since the epoch. */
  readonly at: number;
  /** The refused change's row as this client would have had it; for a delete, as it was. */
  readonly row: OfflineRow;
  /** All changes of the transaction, in order; the refused one is among them. */
  readonly changes: readonly OfflineChange[];
  /**
   * Carries out all its changes again, here, on the rows as they are now, as a new transaction to be pushed. Rejects, and the
   * conflict stays, if the local data stand against it too.
   */
  retry(): Promise<void>;
  /** Forgets it for good. */
  discard(): Promise<void>;
}
