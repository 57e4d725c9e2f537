/** One row that refers to nothing, as `PRAGMA foreign_key_check` tells it. */
export interface Violation {
  readonly table: string;
  readonly parent: string;
  /** Rowid and number of the foreign key; the same row has others after its table was rebuilt. */
  readonly place: string;
}

/** The references that are broken at one time. */
export interface ReferenceState {
  readonly violations: readonly Violation[];
  /** Why SQLite could not check, such as "foreign key mismatch". */
  readonly failure: string | undefined;
}
