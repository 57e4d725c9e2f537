/** What the keeper is asked to do with files. Plain data: it is another process. */
export type KeeperOrder =
  /** Copies files, those that are there, and brings the copies to the disk. */
  | { readonly kind: "copy"; readonly pairs: readonly (readonly [from: string, to: string])[] }
  /**
   * Puts the file `from` in the place of the database `file`, which is kept as `kept`. Refuses while somebody has that open, as far as
   * it can be known.
   */
  | { readonly kind: "replace"; readonly from: string; readonly file: string; readonly kept: string };

/** What came of it. */
export type KeeperAnswer =
  | { readonly id: number; readonly state: "done" }
  /** Somebody has the database open: by process where that is known. */
  | { readonly id: number; readonly state: "in-use"; readonly by: readonly number[] }
  | { readonly id: number; readonly state: "failed"; readonly message: string; readonly code: string | undefined };
